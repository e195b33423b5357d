/** One resource as Azure Resource Graph returns it. */
export type Row = { readonly [column: string]: unknown };

type Expression = (row: Row) => unknown;

/**
 * Runs the part of the Kusto query language that is needed to find a resource: `resources`, then any of `where`, `project` and
 * `take`/`limit`. A `where` accepts ==, =~, !=, in, in~, contains, startswith, and, or, parentheses.
 *
 * @throws Error that names the unsupported part
 */
export function query(text: string, rows: readonly Row[]): Row[] {
  const [table, ...steps] = split(tokenize(text), "|");
  if (table?.length !== 1 || table[0]?.toLowerCase() !== "resources") throw new Error("the table must be resources");
  return steps.reduce<Row[]>(
    (result, [verb = "", ...rest]) => {
      const step = Object.hasOwn(verbs, verb) ? verbs[verb]?.(rest) : undefined;
      if (!step) throw new Error(`'${verb}' is not understood`);
      return step(result);
    },
    [...rows],
  );
}

type Step = (rows: Row[]) => Row[];

const take = (tokens: readonly string[]): Step | undefined =>
  /^\d+$/.test(tokens.join("")) ? (rows) => rows.slice(0, Number(tokens[0])) : undefined;

/** The steps of a query, by their first word. */
const verbs: Readonly<Record<string, (tokens: readonly string[]) => Step | undefined>> = {
  where(tokens) {
    const condition = parse(tokens);
    return (rows) => rows.filter((row) => condition(row) === true);
  },
  project(tokens) {
    const columns = split(tokens, ",").map(column);
    return (rows) => rows.map((row) => Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null])));
  },
  take,
  limit: take,
};

function tokenize(text: string): string[] {
  const token = /\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|==|=~|!=|!~|in~|=|[|(),]|[A-Za-z_][\w.]*|\d+)/y;
  const tokens: string[] = [];
  while (token.lastIndex < text.trimEnd().length) {
    const from = token.lastIndex;
    const match = token.exec(text);
    if (!match?.[1]) throw new Error(`'${text.slice(from, from + 20)}' is not understood`);
    tokens.push(match[1]);
  }
  return tokens;
}

function split(tokens: readonly string[], at: string): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (token === at && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function column(tokens: readonly string[]): { name: string; value: Expression } {
  const [name = "", equals, ...rest] = tokens;
  if (equals === undefined) return { name: name.replaceAll(".", "_"), value: path(name) };
  if (equals !== "=") throw new Error(`'${tokens.join(" ")}' is not a column`);
  return { name, value: parse(rest) };
}

const path =
  (name: string): Expression =>
  (row) =>
    name.split(".").reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? (value as Row)[key] : undefined), row);

const lower = (value: unknown) => String(value ?? "").toLowerCase();

const comparisons: Readonly<Record<string, (left: unknown, right: readonly unknown[]) => boolean>> = {
  "==": (left, [right]) => left === right,
  "!=": (left, [right]) => left !== right,
  "=~": (left, [right]) => lower(left) === lower(right),
  "!~": (left, [right]) => lower(left) !== lower(right),
  contains: (left, [right]) => lower(left).includes(lower(right)),
  startswith: (left, [right]) => lower(left).startsWith(lower(right)),
  in: (left, right) => right.includes(left),
  "in~": (left, right) => right.some((one) => lower(one) === lower(left)),
};

const functions: Readonly<Record<string, (value: unknown) => unknown>> = {
  tostring: (value) => String(value ?? ""),
  tolower: lower,
  toupper: (value) => String(value ?? "").toUpperCase(),
};

/** Returns a string or a number, or undefined for a name. */
function literal(token: string): Expression | undefined {
  if (/^['"]/.test(token)) {
    const text = token.slice(1, -1).replace(/\\(.)/g, "$1");
    return () => text;
  }
  if (/^\d+$/.test(token)) return () => Number(token);
  if (!/^[A-Za-z_]/.test(token)) throw new Error(`'${token}' is not understood`);
  return undefined;
}

function parse(tokens: readonly string[]): Expression {
  let at = 0;
  const next = () => tokens[at++] ?? "the end";
  const take = (token: string) => tokens[at] === token && ++at > 0;
  const expect = (token: string) => {
    if (!take(token)) throw new Error(`'${token}' is missing before '${tokens[at] ?? "the end"}'`);
  };
  const or = (): Expression => {
    let left = and();
    while (take("or")) {
      const [a, b] = [left, and()];
      left = (row) => a(row) === true || b(row) === true;
    }
    return left;
  };
  const and = (): Expression => {
    let left = comparison();
    while (take("and")) {
      const [a, b] = [left, comparison()];
      left = (row) => a(row) === true && b(row) === true;
    }
    return left;
  };
  const comparison = (): Expression => {
    const left = value();
    const operator = tokens[at] ?? "";
    const compare = comparisons[operator];
    if (!compare) return left;
    at++;
    const right = /^in/.test(operator) ? list() : [value()];
    return (row) =>
      compare(
        left(row),
        right.map((one) => one(row)),
      );
  };
  const list = (): Expression[] => {
    expect("(");
    const items = [value()];
    while (take(",")) items.push(value());
    expect(")");
    return items;
  };
  const value = (): Expression => {
    const token = next();
    if (token === "(") return closed();
    const call = functions[token.toLowerCase()];
    if (!call || !take("(")) return literal(token) ?? path(token);
    const argument = closed();
    return (row) => call(argument(row));
  };
  const closed = (): Expression => {
    const inner = or();
    expect(")");
    return inner;
  };
  const whole = or();
  if (at < tokens.length) throw new Error(`'${tokens[at]}' is too much`);
  return whole;
}
