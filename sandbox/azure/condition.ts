/** The input of an ABAC condition: one action, and the attributes of the request by their lower-case names. */
type Situation = { readonly action: string; readonly attributes: Readonly<Record<string, string>> };

/** Whether a role assignment with this condition applies in a situation. */
export type Condition = (situation: Situation) => boolean;

/**
 * Parses the condition of a role assignment (condition version 2.0): ActionMatches{}, @Request[] with the string comparisons, ! AND OR and
 * parentheses.
 *
 * @throws Error that names the unsupported part
 */
export function parseCondition(source: string): Condition {
  const tokens = tokenize(source);
  let at = 0;

  const take = (kind: string): boolean => {
    if (tokens[at]?.toUpperCase() !== kind) return false;
    at++;
    return true;
  };
  const expect = (kind: string): void => {
    if (!take(kind)) throw new Error(`'${kind}' is missing before '${tokens[at] ?? "the end"}'`);
  };
  const or = (): Condition => {
    let left = and();
    while (take("OR") || take("||")) left = either(left, and());
    return left;
  };
  const and = (): Condition => {
    let left = unary();
    while (take("AND") || take("&&")) left = both(left, unary());
    return left;
  };
  const unary = (): Condition => {
    if (take("!") || take("NOT")) {
      const inner = unary();
      return (situation) => !inner(situation);
    }
    if (take("(")) {
      const inner = or();
      expect(")");
      return inner;
    }
    return primary();
  };
  const primary = (): Condition => {
    const token = tokens[at++] ?? "the end";
    const matches = /^ActionMatches\{'([^']*)'\}$/i.exec(token)?.[1];
    if (matches !== undefined) return ({ action }) => actionMatches(matches, action);
    const attribute = /^@Request\[([^\]]+)\]$/i.exec(token)?.[1];
    if (attribute === undefined) throw new Error(`'${token}' is not understood`);
    return comparison(attribute.toLowerCase(), tokens[at++] ?? "", tokens[at++] ?? "");
  };

  const whole = or();
  if (at < tokens.length) throw new Error(`'${tokens[at]}' is too much`);
  return whole;
}

const either =
  (left: Condition, right: Condition): Condition =>
  (situation) =>
    left(situation) || right(situation);

const both =
  (left: Condition, right: Condition): Condition =>
  (situation) =>
    left(situation) && right(situation);

function tokenize(source: string): string[] {
  const token = /\s*(ActionMatches\{'[^']*'\}|@Request\[[^\]]+\]|\{[^}]*\}|'[^']*'|[()!]|&&|\|\||[A-Za-z:]+)/iy;
  const tokens: string[] = [];
  while (token.lastIndex < source.trimEnd().length) {
    const from = token.lastIndex;
    const match = token.exec(source);
    if (!match?.[1]) throw new Error(`'${source.slice(from, from + 20)}' is not understood`);
    tokens.push(match[1]);
  }
  return tokens;
}

const comparisons: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  stringequals: (value, wanted) => value === wanted,
  stringequalsignorecase: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  stringstartswith: (value, wanted) => value.startsWith(wanted),
  stringstartswithignorecase: (value, wanted) => value.toLowerCase().startsWith(wanted.toLowerCase()),
};

function comparison(attribute: string, operator: string, operand: string): Condition {
  const [, any = "", plain = ""] = /^(ForAnyOfAnyValues:)?(\w+)$/i.exec(operator) ?? [];
  const negated = /^StringNot/i.test(plain);
  const compare = comparisons[plain.toLowerCase().replace("stringnot", "string")];
  if (!compare) throw new Error(`the operator '${operator}' is not understood`);
  if (!(any ? /^\{.*\}$/ : /^'.*'$/).test(operand)) throw new Error(`'${operand}' is not what '${operator}' compares with`);
  const wanted = [...operand.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? "");
  return ({ attributes }) => {
    const value = attributes[attribute];
    return value !== undefined && wanted.some((one) => compare(value, one)) !== negated;
  };
}

/** Whether a pattern matches an action. `*` matches any text. Azure ignores case. */
export function actionMatches(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split("*");
  const text = action.toLowerCase();
  if (parts.length === 1) return parts[0] === text;
  const [first = "", ...rest] = parts;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return from <= text.length - last.length;
}
