import fc from 'fast-check';

// In CI the same histories are tried each time, so that a red run is red of the change and not of the dice; by hand the
// seed is new each time, and a counterexample prints its own.
if (process.env['CI'] !== undefined && process.env['CI'] !== '') fc.configureGlobal({ seed: 20_261_124 });
