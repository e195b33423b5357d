import { plugin } from "../hint.ts";
import { type Copies, copiesData } from "../secret/record.ts";
import { inLine } from "../wording.ts";
import type { Creating, Desired } from "./desired.ts";
import type { Observed } from "./observe.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { fileFor, fileWith, unnamedIn } from "./wanted.ts";

const isIn = (copies: Copies) => (namespace: string) => Object.hasOwn(copies, namespace);

/** The namespaces whose copy and references were taken away, and which the source still lists. */
const taken = ({ ask, memory, copies }: Observed): readonly string[] =>
  ask("places").withdrawn.filter((namespace) => !memory.places.has(namespace) && isIn(copies)(namespace));

/** Whether the source records ServiceAccounts of a file that the file does not name any more. */
const recordsMore = ({ file }: Creating, { record }: Observed): boolean => file !== undefined && unnamedIn(record, file).length > 0;

/** The same, once their references are removed. */
const hasLess = (creates: Creating, o: Observed): boolean =>
  o.memory.places.size === 0 && recordsMore(creates, o) && creates.file?.moves(unnamedIn(o.record, creates.file)) !== "later";

const claimToWrite = (d: Desired, { shape }: Creating, o: Observed) =>
  steps.claim(d, o, { creates: { shape, obstacle: () => undefined } }, undefined);

export const placeRows: readonly StepRow[] = [
  {
    when: "the login is kept, and the record or the list of copies differs",
    does: "claim it, and store them before a copy is written",
    killed: "the next run finds the missing copies",
    of: ["create"],
    decide(d, o) {
      const { memory, record, login } = o;
      if (!d.creates || memory.kept === undefined || memory.isPlaced || !record) return undefined;
      const { copies } = o.ask("places");
      const credential = { ...record, file: fileFor(d, record) };
      const isSame = copiesData(copies) === copiesData(o.copies) && JSON.stringify(credential) === JSON.stringify(record);
      if (isSame) return undefined;
      return o.isHeld ? steps.store(d, o, { credential, login }, { isQuiet: true }) : claimToWrite(d, d.creates, o);
    },
  },
  {
    when: "the source has its login, and only references follow",
    does: "release the claim",
    of: ["create"],
    isHeld: true,
    decide(d, o) {
      if (!d.creates || !steps.isSupplied(o) || o.memory.isPlaced || steps.hasRest(o) || recordsMore(d.creates, o)) return undefined;
      const { copies } = o.ask("places");
      return Object.keys(copies).length === 0 && steps.release(d, o, { isDone: undefined, isClaimed: undefined });
    },
  },
  {
    when: "the source has its login",
    does: "give each namespace its copy and references, or take them away",
    killed: "the next run writes the others",
    of: ["create"],
    decide(d, o) {
      if (!d.creates || !steps.isSupplied(o) || o.memory.isPlaced) return undefined;
      return { kind: "place", does: "place", places: o.ask("places"), creates: d.creates };
    },
  },
  {
    when: "the record names copies or ServiceAccounts that were taken away",
    does: "store it without them",
    killed: "the next run finds that they are absent",
    of: ["create"],
    decide(d, o) {
      const { record, login } = o;
      if (!d.creates?.file || !record || !steps.isSupplied(o)) return undefined;
      const gone = taken(o);
      const isLess = hasLess(d.creates, o);
      if (gone.length === 0 && !isLess) return undefined;
      if (!o.isHeld) return claimToWrite(d, d.creates, o);
      const credential = isLess ? { ...record, file: fileWith(d.creates.file, []) } : record;
      const copies = Object.fromEntries(Object.entries(o.copies).filter(([namespace]) => !gone.includes(namespace)));
      const messages = [`the password stays known in ${inLine(gone)} until the next rotation. To end it now, run`];
      const fix = plugin("rotate", d.source.name, "--grace", "0", "--force");
      const after = gone.length === 0 ? [] : [{ to: d.source, messages, fix }];
      return steps.store(d, o, { credential, login, copies }, { isQuiet: true, after });
    },
  },
  {
    when: "recorded copies lack the login of the source",
    does: "copy",
    killed: "the next run copies, and the password before works",
    of: ["rotate"],
    isHeld: true,
    decide(d, o) {
      const copies = steps.copiesBehind(d, o);
      return copies.size > 0 && { kind: "copy", does: "copy", copies, isSilent: false };
    },
  },
  {
    when: "all is as wanted, and nothing is claimed",
    does: "done",
    of: ["create"],
    decide: (_, o) => !o.isHeld && steps.isSupplied(o) && steps.done,
  },
];
