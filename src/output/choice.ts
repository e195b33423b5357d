import type { Key } from "../env.ts";

/** A choice of several things by their labels, under way: what is typed narrows what is shown, and what is chosen stays so. */
export type Choice = {
  readonly labels: readonly string[];
  readonly typed: string;
  /** Which of those that are shown is pointed at. */
  readonly at: number;
  /** By their place among all labels. */
  readonly chosen: ReadonlySet<number>;
  /** `empty`: Enter was pressed with nothing chosen, which takes nothing that somebody only happened to point at. */
  readonly state: "open" | "empty" | "taken" | "refused";
};

export const openChoice = (labels: readonly string[]): Choice => ({ labels, typed: "", at: 0, chosen: new Set(), state: "open" });

/** Those that hold what is typed, by their places among all labels. */
export function shownOf({ labels, typed }: Choice): number[] {
  const wanted = typed.toLowerCase();
  return labels.flatMap((label, index) => (label.toLowerCase().includes(wanted) ? [index] : []));
}

/** What a key makes of a choice. A key that means nothing here changes nothing. */
export function press(choice: Choice, { name, text }: Key): Choice {
  const open: Choice = { ...choice, state: "open" };
  const act = Object.hasOwn(keys, name) ? keys[name] : undefined;
  return act ? act(open) : search(open, choice.typed + text);
}

const page = 10;

const keys: Readonly<Record<string, (choice: Choice) => Choice>> = {
  up: (choice) => step(choice, -1),
  "ctrl-p": (choice) => step(choice, -1),
  down: (choice) => step(choice, 1),
  "ctrl-n": (choice) => step(choice, 1),
  pageup: (choice) => pointAt(choice, choice.at - page),
  pagedown: (choice) => pointAt(choice, choice.at + page),
  home: (choice) => pointAt(choice, 0),
  end: (choice) => pointAt(choice, choice.labels.length),
  space: (choice) => toggle(choice, shownOf(choice).slice(choice.at, choice.at + 1)),
  tab: (choice) => step(toggle(choice, shownOf(choice).slice(choice.at, choice.at + 1)), 1),
  "ctrl-a": (choice) => toggle(choice, shownOf(choice)),
  backspace: (choice) => search(choice, [...choice.typed].slice(0, -1).join("")),
  "ctrl-u": (choice) => search(choice, ""),
  "ctrl-w": (choice) => search(choice, ""),
  return: (choice) => ({ ...choice, state: choice.chosen.size > 0 ? "taken" : "empty" }),
  escape: (choice) => ({ ...choice, state: "refused" }),
  "ctrl-d": (choice) => ({ ...choice, state: "refused" }),
};

/** One on, and from the last to the first. */
function step(choice: Choice, by: 1 | -1): Choice {
  const count = shownOf(choice).length;
  return { ...choice, at: count === 0 ? 0 : (choice.at + by + count) % count };
}

const pointAt = (choice: Choice, at: number): Choice => ({ ...choice, at: Math.max(0, Math.min(at, shownOf(choice).length - 1)) });

/** Chooses these; if they all are chosen, none of them. */
function toggle(choice: Choice, these: readonly number[]): Choice {
  const all = these.every((index) => choice.chosen.has(index));
  const others = [...choice.chosen].filter((index) => !these.includes(index));
  return { ...choice, chosen: new Set(all ? others : [...others, ...these]) };
}

/** What was pointed at stays so while it is shown. */
function search(choice: Choice, typed: string): Choice {
  const pointed = shownOf(choice)[choice.at];
  const narrowed = { ...choice, typed };
  return {
    ...narrowed,
    at: Math.max(
      0,
      shownOf(narrowed).findIndex((index) => index === pointed),
    ),
  };
}
