import { addList, appendItem, dropItem, dropKey, fillEmpty, instead } from "./block.ts";
import { addInBraces, appendInBrackets, dropInBrackets, dropPair } from "./flow.ts";
import { isNamed, type Listed } from "./objects.ts";
import { siteOf } from "./site.ts";
import type { Source } from "./source.ts";
import type { Splice } from "./splice.ts";
import { braced, settingOf } from "./style.ts";
import { plain, type Tree } from "./tree.ts";

/** A manifest's text and what it says. */
type Said = { readonly source: Source; readonly documents: readonly (Tree | undefined)[] };

/** The edit of the text by which an object's list gets one more name. @throws CliError invalid where the list cannot be edited */
export function attachTo({ source, documents }: Said, object: Listed, secret: string): Splice[] {
  const { holder, precondition } = siteOf(source, object);
  if (!precondition)
    return [holder.flow ? addInBraces(source, object, holder, secret) : addList(source, object, holder, secret, documents)];
  const { pair, list } = precondition;
  if (list.is === "list") return list.flow ? appendInBrackets(source, holder, list, secret) : [appendItem(source, list, secret)];
  const text = `[${braced(settingOf(source.text, holder), secret)}]`;
  if (list.to > list.from) return [instead(list, text)];
  return [
    holder.flow ? instead({ ...list, from: pair.opens, to: pair.opens }, ` ${text}`) : fillEmpty(source, holder, pair, secret, documents),
  ];
}

/** The edit by which a list loses a name, or the last of several that are the same: it may be an alias of another. @throws CliError invalid */
export function detachFrom({ source }: Said, object: Listed, secret: string): Splice[] {
  const { holder, precondition } = siteOf(source, object);
  if (precondition?.list.is !== "list") return [];
  const { pair, list } = precondition;
  const items = list.items.filter(({ value }) => isNamed(plain(value), secret));
  const last = items.at(-1);
  if (!last) return [];
  if (items.length < list.items.length) return list.flow ? dropInBrackets(source, list, last) : [dropItem(source, last)];
  if (holder.flow) return dropPair(source, holder, pair);
  return [dropKey(source, pair), ...(list.flow ? [] : items.map((item) => dropItem(source, item)))];
}
