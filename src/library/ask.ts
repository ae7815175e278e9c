import { ConflictError } from '../errors.ts';
import type { Confirm, Question } from './call-options.ts';

/** @throws ConflictError if nobody is asked, or the answer is no */
export async function ask(confirm: Confirm | undefined, question: Question): Promise<void> {
  if (!confirm) {
    throw new ConflictError(`Nobody is there to be asked: ${question.message}`, {
      hint: 'confirm: () => true answers with yes',
    });
  }
  // In a script without types it may be the text of an answer, and "no" is no yes.
  const answer: unknown = await confirm(question);
  if (answer !== true) throw new ConflictError(`The answer was no: ${question.message}`);
}
