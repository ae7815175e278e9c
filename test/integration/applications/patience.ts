/** Applications of many stages take minutes on a machine of two cores that has other work to do. */
export const PATIENT = { limitMs: 900_000 };
