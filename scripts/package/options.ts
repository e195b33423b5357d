/**
 * Options for V8 that the plugin runs with. V8 takes code only that was compiled under the same ones (but for the seed).
 *
 * The room for young objects would grow to 16 MB, of which there are up to three: over thousands of namespaces nearly all that is read
 * lives for a moment, and with less room it is only looked through more often, which takes no time that could be measured.
 */
export const engine = ["--max-semi-space-size=4"];
