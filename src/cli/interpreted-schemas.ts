import { z } from 'zod';

// A schema is used a few times in a drill, and many for the first time between the last look and the stop. Compiling it there
// takes longer than it saves; a journal of 8,000 events is read as fast either way. It holds for schemas that are made later.
z.config({ jitless: true });
