import type { AccessToken } from "@azure/identity";
import type { Env, IdentityWish, Trace } from "../context.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { azFolder, azSignIn, azTokenOf, digest } from "./az-folder.ts";
import { claimsOf } from "./claims.ts";
import type { Cloud } from "./cloud.ts";
import { longest, type NoteFiles } from "./note-files.ts";
import { parseObject } from "./parse-object.ts";

/** A token with less time than this left is renewed before it is used, by az too. Milliseconds. */
const margin = 5 * 60_000;

/** A token, and until when it is used, in epoch milliseconds. `noted`: az gave it to a run before. */
export type Given = { readonly token: Sensitive; readonly until: number; readonly noted: boolean };

/** A token that was asked for now. */
export const given = ({ token, expiresOnTimestamp }: AccessToken): Given => ({
  token: new Sensitive(token),
  until: expiresOnTimestamp - margin,
  noted: false,
});

export type NotesOptions = {
  readonly files: NoteFiles;
  readonly env: Env;
  readonly wish?: Omit<IdentityWish, "source">;
  readonly cloud: Cloud;
  readonly trace: Trace;
  now(): Date;
};

/**
 * What az was asked, and which of the tokens in its own file was the answer: to start az takes up to seconds. A note has the token's digest
 * and not the token, so it is of no use without az's file, and names none that az has thrown away.
 */
export type AzNotes = {
  /**
   * The token that is noted for a resource, else the one that `ask` gives, which is noted.
   * @param refused a noted one that Azure refuses
   */
  give(resource: string, ask: () => Promise<AccessToken>, refused?: Sensitive): Promise<Given>;
};

export function azNotes({ files, env, wish = {}, cloud, trace, now }: NotesOptions): AzNotes {
  /** Each question has a file, whose name tells nothing. */
  const nameOf = (resource: string) => digest(JSON.stringify([azFolder(env), cloud, resource, wish.tenant, wish.subscription]));

  return {
    async give(resource, ask, refused) {
      const of = { signIn: await azSignIn(env), resource };
      const name = nameOf(resource);
      const noted = await lookUp(name, of, refused);
      if (noted) return noted;
      const answer = await ask();
      // Somebody may have signed in as another meanwhile
      if (answer.token !== refused?.reveal() && of.signIn === (await azSignIn(env))) await note(name, of, answer);
      return given(answer);
    },
  };

  async function lookUp(name: string, of: Question, refused: Sensitive | undefined): Promise<Given | undefined> {
    const text = await files.read(name);
    if (text === undefined) return undefined;
    const noted = refused ? undefined : await tokenOf(text, of);
    if (noted) trace(6, () => `az gave a token for ${of.resource} before, which is used until ${shown(noted.until)}`);
    else {
      trace(6, () => `the token that az gave before for ${of.resource} is ${refused ? "refused" : "of no use any more"}`);
      await files.remove(name);
    }
    return noted;
  }

  async function tokenOf(text: string, of: Question): Promise<Given | undefined> {
    const at = now().getTime();
    const note = readNote(text, of);
    const token = note && (await azTokenOf(env, note.token));
    const until = note && token !== undefined ? usable(token, note, { resource: of.resource, cloud, at }) : undefined;
    return token === undefined || until === undefined ? undefined : { token: new Sensitive(token), until, noted: true };
  }

  async function note(name: string, of: Question, { token, expiresOnTimestamp: expiresAt }: AccessToken): Promise<void> {
    const at = now();
    const text = JSON.stringify({ ...of, token: digest(token), notedAt: at.getTime(), expiresAt } satisfies Note);
    const later = await tokenOf(text, of);
    if (later && (await files.write(name, text, at)))
      trace(6, () => `az's token for ${of.resource} is noted for the next run, until ${shown(later.until)}`);
  }
}

const shown = (milliseconds: number) => new Date(milliseconds).toISOString();

/** As whom az was asked, and for what. */
type Question = { readonly signIn: string | undefined; readonly resource: string };

/** What is noted: of the token its digest, times in epoch milliseconds. */
type Note = Question & { readonly token: string; readonly notedAt: number; readonly expiresAt: number };

/** Reads a note; undefined for one that is not whole, or answers another question. */
function readNote(text: string, { signIn, resource }: Question): Note | undefined {
  const { token, notedAt, expiresAt, ...of } = parseObject(text) ?? {};
  if (signIn === undefined || of["signIn"] !== signIn || of["resource"] !== resource) return undefined;
  if (typeof token !== "string" || typeof notedAt !== "number" || typeof expiresAt !== "number") return undefined;
  return { signIn, resource, token, notedAt, expiresAt };
}

type Use = { readonly resource: string; readonly cloud: Cloud; readonly at: number };

/** Until when a token is used, if it still is: az's own bound, and an hour after it was noted. What it says of itself counts, too. */
function usable(token: string, { notedAt, expiresAt }: Note, { resource, cloud, at }: Use): number | undefined {
  const { aud, exp } = claimsOf(token);
  if (typeof aud === "string" && !isFor(aud, resource, cloud)) return undefined;
  const ends = typeof exp === "number" ? Math.min(expiresAt, exp * 1000) : expiresAt;
  const until = Math.min(ends - margin, notedAt + longest);
  return notedAt <= at && at < until ? until : undefined;
}

/** Azure Resource Manager and Microsoft Graph have another name each, which a token may bear instead of the one that was asked for. */
function isFor(audience: string, resource: string, { resourceManager, graph }: Cloud): boolean {
  const names: Readonly<Record<string, RegExp>> = {
    [resourceManager]: /^https:\/\/management\.core\.[a-z.]+$/,
    [graph]: /^00000003-0000-0000-c000-000000000000$/,
  };
  const plain = audience.replace(/\/$/, "").toLowerCase();
  return plain === resource.toLowerCase() || names[resource]?.test(plain) === true;
}
