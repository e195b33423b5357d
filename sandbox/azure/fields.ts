/** Checks one value of a request's body. Returns the problem, or undefined. `at` is its path, such as `properties.status`. */
export type Shape = (value: unknown, at: string) => string | undefined;

export const text: Shape = (value, at) => (typeof value === "string" ? undefined : `'${at}' must be a string`);
export const flag: Shape = (value, at) => (typeof value === "boolean" ? undefined : `'${at}' must be a boolean`);
export const anything: Shape = () => undefined;

/** An ISO 8601 date and time with its zone. */
export const instant: Shape = (value, at) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value))
    ? undefined
    : `'${at}' must be an ISO 8601 date and time`;

export const nullable =
  (shape: Shape): Shape =>
  (value, at) =>
    value === null ? undefined : shape(value, at);

export const oneOf =
  (...allowed: readonly string[]): Shape =>
  (value, at) =>
    typeof value === "string" && allowed.includes(value) ? undefined : `'${at}' must be one of ${allowed.join(", ")}`;

export const listOf =
  (shape: Shape): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) return `'${at}' must be a list`;
    return value.map((item, index) => shape(item, `${at}[${index}]`)).find((wrong) => wrong !== undefined);
  };

/** An object with these fields and no others. A name that ends in `!` is required. */
export const object =
  (fields: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return `'${at || "body"}' must be an object`;
    const shapes = new Map(Object.entries(fields).map(([name, shape]) => [name.replace(/!$/, ""), shape]));
    const path = (name: string) => (at ? `${at}.${name}` : name);
    const wrong = Object.entries(value).map(([name, item]) => {
      const shape = shapes.get(name);
      return shape ? shape(item, path(name)) : `Could not find member '${name}' on object at '${at || "root"}'`;
    });
    const missing = Object.keys(fields).find((name) => name.endsWith("!") && !(name.slice(0, -1) in value));
    return wrong.find((one) => one !== undefined) ?? (missing && `The required member '${path(missing.slice(0, -1))}' is missing`);
  };
