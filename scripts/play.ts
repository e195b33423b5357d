import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import type { Terminal } from "../sandbox/terminal.ts";
import { readTranscript, shows } from "../sandbox/transcript.ts";

/**
 * Types a page's commands in order and shows what a person would see, with the page's sentences between them.
 *
 * @returns whether what appeared was what the page says
 */
export async function playAloud(page: string, terminal: Terminal, to: NodeJS.WriteStream): Promise<"as promised" | "differs"> {
  const paint = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream: to });
  let end: "as promised" | "differs" = "as promised";
  for (const { prose, command, prints, quiet } of readTranscript(page)) {
    const { printed, code } = await terminal.type(command);
    if (!quiet) {
      if (prose) to.write(`\n${paint("cyan", prose.replace(/^#+ /gm, ""))}\n`);
      to.write(`\n${paint("bold", `$ ${command.replaceAll("\n", "\n> ")}`)}\n${printed}`);
    }
    if (quiet ? code !== 0 : !shows(prints, printed)) {
      to.write(`\n${paint("red", "This is not what the page says:")}\n${quiet ? `$ ${command}\n${printed}` : prints}\n`);
      end = "differs";
    }
    // On a terminal somebody reads along
    if (to.isTTY && !quiet) await sleep(400);
  }
  return end;
}
