// Apart from the tables: every command needs an exit code at its start, and help and version need no zod.
import { z } from 'zod';
import { EXIT_CODES, namesOf, REASONS, STAGES } from './reasons.ts';

export const OutcomeName = z.enum(namesOf(EXIT_CODES));
export const Stage = z.enum(STAGES);
export const Reason = z.enum(namesOf(REASONS));
