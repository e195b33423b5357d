/** Sets of keys that are joined: two keys are of one set where they have the same lead. */
export type Sets = {
  /** The key that stands for a key's set: itself, until it is joined with others. */
  leadOf(key: string): string;
  join(key: string, other: string): void;
};

/** Opens sets, of which each key is one by itself. However long the way to a lead has become, each look makes the next one shorter. */
export function openSets(): Sets {
  const leads = new Map<string, string>();
  const leadOf = (key: string): string => {
    let [at, next] = [key, leads.get(key)];
    while (next !== undefined) {
      const beyond = leads.get(next) ?? next;
      leads.set(at, beyond);
      [at, next] = [next, leads.get(next)];
    }
    return at;
  };
  return {
    leadOf,
    join: (key, other) => {
      const [lead, under] = [leadOf(key), leadOf(other)];
      if (lead !== under) leads.set(under, lead);
    },
  };
}
