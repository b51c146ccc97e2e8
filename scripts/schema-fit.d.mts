import type { DocumentNode, GraphQLSchema } from 'graphql';

export function misfits(subset: GraphQLSchema, whole: GraphQLSchema): readonly string[];
export function refusals(schema: GraphQLSchema, document: DocumentNode): readonly string[];
