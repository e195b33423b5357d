import type { ChalkInstance } from "chalk";
import type { Size } from "../env.ts";
import { type Choice, shownOf } from "./choice.ts";
import { printable } from "./printable.ts";

/** What is asked, and what Enter does: `Which are to use acr-myregistry?`, `attach`. */
export type Question = { readonly asks: string; readonly enter: string };

/** The most that is shown at a time. */
const most = 10;

/** Beside what can be chosen: the question, what is typed, and the keys. */
const around = 3;

const typing = "search: ";

/**
 * A choice as lines for a terminal, the second of which is typed into: none is wider than the terminal, and together they are not
 * higher. Labels are shown with what could forge a line made harmless.
 */
export function linesOf({ asks, enter }: Question, choice: Choice, size: Size, style: ChalkInstance): string[] {
  const fitting = (text: string) => cut(printable(text), size.columns);
  return [
    style.bold(fitting(asks)),
    fitting(typing + choice.typed),
    ...itemsOf(choice, size).map((item) => {
      const line = fitting(`${item.pointed ? ">" : " "} [${item.chosen ? "x" : " "}] ${item.label}`);
      const marked = item.chosen ? style.green(line) : line;
      return item.pointed ? style.bold(marked) : marked;
    }),
    style.dim(fitting(footOf(choice, enter))),
  ];
}

/** The column, from 1, in which the next letter appears. */
export const columnOf = ({ typed }: Choice, { columns }: Size): number => Math.min(typing.length + printable(typed).length + 1, columns);

/** What is shown around what is pointed at. */
function itemsOf(choice: Choice, { rows }: Size) {
  const shown = shownOf(choice);
  const height = Math.max(1, Math.min(most, rows - around));
  const first = Math.max(0, Math.min(choice.at - Math.floor(height / 2), shown.length - height));
  return shown.slice(first, first + height).map((index, row) => ({
    label: choice.labels[index] ?? "",
    pointed: first + row === choice.at,
    chosen: choice.chosen.has(index),
  }));
}

function footOf(choice: Choice, enter: string): string {
  if (choice.state === "empty") return "nothing is chosen yet: space chooses what > points at";
  const shown = shownOf(choice).length;
  const where = shown === 0 ? "nothing matches" : `${choice.at + 1}/${shown}`;
  return `${where}, ${choice.chosen.size} chosen; space: choose, ctrl-a: all, enter: ${enter}, esc: leave`;
}

/** A text within a width, as far as each character takes one column. */
function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}
