import { buildSchema, parse } from 'graphql';
import { expect, test } from 'vitest';
import { misfits, refusals } from '../../scripts/schema-fit.mjs';

const whole = buildSchema(`
  interface Node { id: ID! }
  enum States { RUNNING FINISHED }
  input Order { state: States!, note: String }
  type Job implements Node { id: ID!, state(at: Int): States, exitStatus: String }
  type Wait implements Node { id: ID! }
  union Step = Job | Wait
  type Query { job(id: ID!, first: Int): Job, step: Step }
`);

function misfitsOf(sdl: string): readonly string[] {
  return misfits(buildSchema(sdl), whole);
}

test('a true subset fits', () => {
  expect(
    misfitsOf(`
      interface Node { id: ID! }
      enum States { RUNNING }
      type Job implements Node { id: ID!, state: States }
      union Step = Job
      type Query { job(id: ID!): Job, step: Step }
    `),
  ).toEqual([]);
});

test.each([
  ['a type', 'type Query { other: Other } type Other { id: ID }', 'type Other is not there'],
  ['a field', 'type Query { job(id: ID!): Job } type Job { nothing: Int }', 'Job.nothing is not there'],
  [
    'a type of a field',
    'type Query { job(id: ID!): Job } type Job { exitStatus: Int }',
    'Job.exitStatus is String, not Int',
  ],
  ['nullability', 'type Query { job(id: ID!): Job! } type Job { id: ID! }', 'Query.job is Job, not Job!'],
  [
    'an argument',
    'type Query { job(id: ID!, last: Int): Job } type Job { id: ID! }',
    'Query.job(last:) is not there',
  ],
  [
    'a type of an argument',
    'type Query { job(id: Int!): Job } type Job { id: ID! }',
    'Query.job(id:) is ID!, not Int!',
  ],
  [
    'a required argument',
    'type Query { job: Job } type Job { id: ID! }',
    'Query.job(id:) is required and missing',
  ],
  [
    'an enum value',
    'enum States { LOST } type Query { job(id: ID!): Job } type Job { state: States }',
    'States.LOST is not there',
  ],
  [
    'a required input field',
    'input Order { note: String } type Query { step: Int }',
    'Order.state is required and missing',
  ],
  [
    'a member of a union',
    'type Order2 { id: ID } union Step = Order2 type Query { step: Step }',
    'Order2 is not in Step',
  ],
  [
    'an interface',
    'interface Node { id: ID! } interface Named { id: ID! } type Wait implements Named { id: ID! } type Query { step: Int }',
    'Wait does not implement Named',
  ],
  ['a kind', 'enum Job { A } type Query { step: Int }', 'type Job is of another kind'],
])('%s that differs is named', (_what, sdl, said) => {
  expect(misfitsOf(sdl)).toContain(said);
});

test('a document that asks for what is not there is refused', () => {
  expect(refusals(whole, parse('{ job(id: "1") { exitStatus } }'))).toEqual([]);
  expect(refusals(whole, parse('{ job(id: "1") { cause } }'))).toEqual([
    'Cannot query field "cause" on type "Job".',
  ]);
});
