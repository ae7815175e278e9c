"""Grades for points, by a scale in a file with lines `at least,grade`, the best first."""

import csv
import functools


class Scale:
    def __init__(self, steps):
        self.steps = steps

    @staticmethod
    @functools.cache
    def read(path):
        with open(path, newline="") as lines:
            return Scale([(int(least), grade) for least, grade in csv.reader(lines)])

    def grade(self, points):
        return next(grade for least, grade in self.steps if points >= least)
