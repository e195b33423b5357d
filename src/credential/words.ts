/** Begins what is written behind everything in Azure that this plugin makes. */
const mark = "kubectl acr-secret: ";

/** What stands behind something that this plugin makes in Azure, and for whom it is. */
export const ofOurs = (words: string): string => `${mark}${words}`;

/** Whether this plugin made what has that description. */
export const isOfOurs = (description: string): boolean => description.startsWith(mark);
