// Whether one GraphQL schema is a subset of another: what the rig answers must be what Buildkite answers.
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  isUnionType,
  validate,
} from 'graphql';

function fieldsOf(type) {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? type.getFields() : {};
}

function misfitsOfArguments(where, ours, theirs) {
  const names = new Set(ours.map(({ name }) => name));
  return [
    ...ours.flatMap((argument) => {
      const other = theirs.find(({ name }) => name === argument.name);
      if (other === undefined) return [`${where}(${argument.name}:) is not there`];
      return String(other.type) === String(argument.type)
        ? []
        : [`${where}(${argument.name}:) is ${other.type}, not ${argument.type}`];
    }),
    ...theirs
      .filter((argument) => isRequiredArgument(argument) && !names.has(argument.name))
      .map(({ name }) => `${where}(${name}:) is required and missing`),
  ];
}

function misfitsOfFields(ours, theirs) {
  const known = fieldsOf(theirs);
  const misfits = Object.values(fieldsOf(ours)).flatMap((field) => {
    const where = `${ours.name}.${field.name}`;
    const other = known[field.name];
    if (other === undefined) return [`${where} is not there`];
    const type =
      String(other.type) === String(field.type) ? [] : [`${where} is ${other.type}, not ${field.type}`];
    return [...type, ...misfitsOfArguments(where, field.args ?? [], other.args ?? [])];
  });
  if (!isInputObjectType(ours)) return misfits;
  const missing = Object.values(known)
    .filter((field) => isRequiredInputField(field) && fieldsOf(ours)[field.name] === undefined)
    .map(({ name }) => `${ours.name}.${name} is required and missing`);
  return [...misfits, ...missing];
}

function misfitsOfMembers(ours, theirs) {
  if (isEnumType(ours)) {
    const known = new Set(theirs.getValues().map(({ name }) => name));
    return ours
      .getValues()
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `${ours.name}.${name} is not there`);
  }
  if (isUnionType(ours)) {
    const known = new Set(theirs.getTypes().map(({ name }) => name));
    return ours
      .getTypes()
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `${name} is not in ${ours.name}`);
  }
  if (!isObjectType(ours) && !isInterfaceType(ours)) return [];
  const known = new Set(theirs.getInterfaces().map(({ name }) => name));
  return ours
    .getInterfaces()
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => `${ours.name} does not implement ${name}`);
}

/** What of `subset` the schema `whole` does not have, or has otherwise. */
export function misfits(subset, whole) {
  return Object.values(subset.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => {
      const other = whole.getType(type.name);
      if (other === undefined) return [`type ${type.name} is not there`];
      if (other.constructor.name !== type.constructor.name) return [`type ${type.name} is of another kind`];
      return [...misfitsOfFields(type, other), ...misfitsOfMembers(type, other)];
    });
}

/** Why the schema would refuse a document. */
export function refusals(schema, document) {
  return validate(schema, document).map(({ message }) => message);
}
