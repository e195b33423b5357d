/** Words that some YAML reader takes for something else than text (YAML 1.1, which kubectl's follows). */
const notText = /^(?:null|true|false|yes|no|on|off|y|n)$/;

/** A name as YAML writes it: in quotation marks unless it is plain text in each YAML version, with escapes for all but ASCII. */
export const yamlName = (name: string): string =>
  /^[a-z][a-z0-9.-]*$/.test(name) && !notText.test(name) ? name : JSON.stringify(name).replace(/[\u007f-\uffff]/g, escaped);

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
