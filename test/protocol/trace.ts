import type { Secret } from "../../src/objects.ts";
import { readClaim } from "../../src/secret/claim.ts";
import { readEntries } from "../../src/secret/entry.ts";

/** One request of a run, and the state of its object after it. */
export type Recorded = { readonly run: number; readonly call: string } & (
  | { readonly secret: number; readonly precondition: Secret | undefined }
  | { readonly slots: Slots }
);

/** The creation time of each password of the token, by slot. */
export type Slots = Readonly<Record<string, string>>;

/** The end of a run. */
export type Ended = { readonly run: number; readonly end: "well" | "else" | "dies" };

/** A step of the model in the notation of `docs/protocol/rotation.pml`: `MAKES(0, 2)`. */
export type Step = string;

type Known = { readonly claims: Readonly<Record<number, string>>; readonly holds: Readonly<Record<number, string>>; readonly slots: Slots };

/** Returns the state before the first request. */
export const knownOf = (secrets: readonly (Secret | undefined)[], slots: Slots): Known => ({
  claims: Object.fromEntries(secrets.map((secret, at) => [at, claimOf(secret).text])),
  holds: Object.fromEntries(secrets.map((secret, at) => [at, holdsOf(secret).text])),
  slots,
});

/**
 * Returns the model's steps for the recorded requests: claims of a Secret, writes of another password, and generated or cleared passwords.
 * Other requests are not steps.
 */
export function stepsOf(recorded: readonly (Recorded | Ended)[], before: Known): Step[] {
  const steps: Step[] = [];
  let known = before;
  for (const one of recorded) {
    const { step, next } = "end" in one ? { step: endOf(one), next: known } : stepOf(one, known);
    steps.push(...step);
    known = next;
  }
  return steps;
}

const endOf = ({ run, end }: Ended): Step[] => [`${{ well: "ENDS_WELL", else: "ENDS_ELSE", dies: "DIES" }[end]}(${run})`];

type Seen = { readonly step: readonly Step[]; readonly next: Known };

function stepOf(one: Recorded, known: Known): Seen {
  return "slots" in one ? inAzure(one, known) : onSecret(one, known);
}

function inAzure({ run, slots }: Extract<Recorded, { slots: Slots }>, known: Known): Seen {
  const changed = [...new Set([...Object.keys(slots), ...Object.keys(known.slots)])].filter((slot) => slots[slot] !== known.slots[slot]);
  return {
    step: changed.map((slot) => `${slots[slot] === undefined ? "CLEARS" : "MAKES"}(${run}, ${numberOf(slot)})`),
    next: { ...known, slots },
  };
}

function onSecret({ run, secret, precondition }: Extract<Recorded, { secret: number }>, known: Known): Seen {
  const claim = claimOf(precondition);
  const holds = holdsOf(precondition);
  const isClaim = claim.by !== "" && claim.text !== known.claims[secret];
  const isWrite = holds.slot !== undefined && holds.text !== known.holds[secret];
  return {
    step: [
      ...(isClaim ? [`CLAIMS(${run}, ${secret}, ${numberOf(claim.slot)})`] : []),
      ...(isWrite ? [`WRITES(${run}, ${secret}, ${numberOf(holds.slot)})`] : []),
    ],
    next: { ...known, claims: { ...known.claims, [secret]: claim.text }, holds: { ...known.holds, [secret]: holds.text } },
  };
}

/** A renewed claim counts as the same claim. */
function claimOf(secret: Secret | undefined): { readonly by: string; readonly slot: string | undefined; readonly text: string } {
  const { by = "", makes } = (secret && readClaim(secret)) ?? {};
  return { by, slot: makes?.slot, text: by };
}

function holdsOf(secret: Secret | undefined): { readonly slot: string | undefined; readonly text: string } {
  const [entry] = (secret && readEntries(secret)) ?? [];
  return { slot: entry?.slot, text: `${entry?.slot} ${entry?.madeAt}` };
}

const numberOf = (slot: string | undefined): string => slot?.at(-1) ?? "0";
