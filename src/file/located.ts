import type * as jsYaml from "js-yaml";

/** The functions of js-yaml that read a file. The caller loads the library, only if there is a file to read. */
export type Yaml = Pick<typeof jsYaml, "parseEvents" | "getScalarValue" | "EVENT_ID" | "SCALAR_STYLE">;

/** A value of YAML with the offset of its first character. All scalars are texts. */
export type Located = { readonly at: number } & (
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "empty" }
  | { readonly type: "list"; readonly items: readonly Located[] }
  | { readonly type: "map"; readonly members: readonly Member[] }
);

export type Member = { readonly at: number; readonly key: string; readonly value: Located };

/** The text is not YAML, or it is YAML that the reader doesn't support. */
export class InvalidYaml extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** The largest number of values in a document with aliases: each alias counts as all values that it stands for. */
const maxValues = 100_000;

/** Returns the documents of a text that have a value. @throws InvalidYaml */
export function documentsIn(text: string, yaml: Yaml): readonly Located[] {
  const { EVENT_ID: ids, SCALAR_STYLE: styles } = yaml;
  const events = eventsIn(text, yaml);
  const anchors = new Map<string, { readonly value: Located; readonly size: number }>();
  let next = 0;
  let size = 0;
  /** The place of a value that has no text. */
  let before = 0;

  function read(): Located {
    const event = events[next++];
    const start = size++;
    if (event?.type === ids.ALIAS) return copyOf(event);
    if (event?.type !== ids.SEQUENCE && event?.type !== ids.MAPPING && event?.type !== ids.SCALAR)
      throw new InvalidYaml(before, "no value");
    if (event.tagStart >= 0) throw new InvalidYaml(event.tagStart, "tags are not supported");
    const value = nodeOf(event);
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), { value, size: size - start });
    return value;
  }

  function nodeOf(event: jsYaml.ScalarEvent | jsYaml.SequenceEvent | jsYaml.MappingEvent): Located {
    if (event.type === ids.SCALAR) return scalarOf(event);
    before = event.start;
    if (event.type === ids.SEQUENCE) return { at: event.start, type: "list", items: [...untilPop(read)] };
    return { at: event.start, type: "map", members: [...untilPop(readMember)] };
  }

  function scalarOf(event: jsYaml.ScalarEvent): Located {
    if (event.valueStart < 0) return { at: before, type: "empty" };
    const isQuoted = event.style === styles.SINGLE_QUOTED || event.style === styles.DOUBLE_QUOTED;
    // The range of a quoted text is without its quotes
    const at = isQuoted ? event.valueStart - 1 : event.valueStart;
    before = at;
    const found = yaml.getScalarValue(text, event);
    const isNull = event.style === styles.PLAIN && /^(?:~|null|Null|NULL)$/.test(found);
    return isNull ? { at, type: "empty" } : { at, type: "text", text: found };
  }

  function readMember(): Member {
    const key = read();
    if (key.type !== "text") throw new InvalidYaml(key.at, "a key must be a text");
    return { at: key.at, key: key.text, value: read() };
  }

  function* untilPop<T>(each: () => T): Generator<T> {
    while (events[next]?.type !== ids.POP) yield each();
    next++;
  }

  function copyOf({ anchorStart, anchorEnd }: jsYaml.AliasEvent): Located {
    const name = text.slice(anchorStart, anchorEnd);
    const anchor = anchors.get(name);
    if (!anchor) throw new InvalidYaml(anchorStart, `unknown alias ${JSON.stringify(name)}`);
    size += anchor.size;
    if (size > maxValues) throw new InvalidYaml(anchorStart, `the aliases stand for more than ${maxValues} values`);
    return anchor.value;
  }

  const documents: Located[] = [];
  while (events[next]?.type === ids.DOCUMENT) {
    next++;
    anchors.clear();
    documents.push(...untilPop(read));
  }
  return documents.filter(({ type }) => type !== "empty");
}

function eventsIn(text: string, yaml: Yaml): readonly jsYaml.Event[] {
  try {
    return yaml.parseEvents(text, {});
  } catch (error) {
    const { reason = "it cannot be read", mark } = error as Partial<jsYaml.YAMLException>;
    throw new InvalidYaml(mark?.position ?? 0, `invalid YAML: ${reason}`);
  }
}
