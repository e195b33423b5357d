import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { type Typed, typeSteps } from "../sandbox/page.ts";
import type { Terminal } from "../sandbox/terminal.ts";
import { shows } from "../sandbox/transcript.ts";

/**
 * Types a page's commands in order and shows them as a user sees them, with the page's sentences between them.
 *
 * @returns whether the output matched the page
 */
export async function playAloud(page: string, terminal: Terminal, to: NodeJS.WriteStream): Promise<"as promised" | "differs"> {
  const paint: Paint = (format, text) => styleText(format, text, { stream: to });
  let end: "as promised" | "differs" = "as promised";
  for await (const typed of typeSteps(page, terminal)) {
    const { quiet } = typed.step;
    if (!quiet) to.write(aloud(typed, paint));
    if (!isAsPromised(typed)) {
      to.write(complaint(typed, paint));
      end = "differs";
    }
    // On a terminal, this leaves time to read.
    if (to.isTTY && !quiet) await sleep(400);
  }
  return end;
}

const isAsPromised = ({ step, printed, code }: Typed) => (step.quiet ? code === 0 : shows(step.prints, printed));

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Formats a step as a user sees it, after the sentences of its section. */
function aloud({ step: { prose, command }, printed }: Typed, paint: Paint): string {
  const section = prose.split(/^#+ /m).at(-1);
  const before = section ? `\n${paint("cyan", section)}\n` : "";
  return `${before}\n${paint("bold", `$ ${command.replaceAll("\n", "\n> ")}`)}\n${printed}`;
}

function complaint({ step: { quiet, command, prints }, printed }: Typed, paint: Paint): string {
  return `\n${paint("red", "This is not what the page says:")}\n${quiet ? `$ ${command}\n${printed}` : prints}\n`;
}
