// Instants of two clocks are compared in one place (src/evidence/clocks.ts). Their types carry whose clock they are
// (src/model/instants.ts); this rule sees to it that no operator takes two of them, or one of them and a plain number.
import { ESLintUtils } from '@typescript-eslint/utils';

const COMPARES = new Set(['<', '>', '<=', '>=', '-']);

/** The clocks whose instants a type may be. */
function clocksIn(checker, type) {
  const parts = type.isUnion() ? type.types : [type];
  return parts.flatMap((part) => {
    const property = part.getProperty('clock');
    if (property === undefined || !part.isIntersection()) return [];
    const named = checker.getTypeOfSymbol(property);
    const literals = named.isUnion() ? named.types : [named];
    return literals.filter((one) => one.isStringLiteral()).map((one) => one.value);
  });
}

export default ESLintUtils.RuleCreator.withoutDocs({
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      mixed:
        'An instant of the clock "{{clock}}" is compared with {{other}}: ask clocksOf (src/evidence/clocks.ts).',
    },
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();
    const clocksOf = (node) => clocksIn(checker, services.getTypeAtLocation(node));
    const report = (node, clock, other) =>
      context.report({ node, messageId: 'mixed', data: { clock, other } });
    return {
      BinaryExpression(node) {
        if (!COMPARES.has(node.operator)) return;
        const [left, right] = [clocksOf(node.left), clocksOf(node.right)];
        const foreign = [...left, ...right].find((clock) => clock !== 'runner');
        if (foreign === undefined) return;
        if (left.length === 0 || right.length === 0) return report(node, foreign, 'a plain number');
        const other = [...left, ...right].find((clock) => clock !== foreign);
        if (other !== undefined) report(node, foreign, `one of "${other}"`);
      },
      'CallExpression[callee.object.name="Math"][callee.property.name=/^(min|max)$/]'(node) {
        const clocks = new Set(
          node.arguments.flatMap((argument) => (argument.type === 'SpreadElement' ? [] : clocksOf(argument))),
        );
        if (clocks.size > 1) report(node, [...clocks][0], `one of "${[...clocks][1]}"`);
      },
    };
  },
});
