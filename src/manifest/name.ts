/** Words that some YAML reader takes for something else than text (YAML 1.1, which kubectl's follows). */
const notText = /^(?:null|true|false|yes|no|on|off|y|n)$/;

/** The name of a Secret as YAML writes it: in quotation marks where it could be taken for a number or a truth. */
export const yamlName = (name: string): string => (/^[a-z]/.test(name) && !notText.test(name) ? name : JSON.stringify(name));
