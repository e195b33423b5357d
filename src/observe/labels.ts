type Labels = Readonly<Record<string, string>>;

/** Whether labels are what a selector asks for, as the API server reads one (apimachinery labels.Parse): `a=b,c!=d,e in (f,g),!h`. */
export const hasLabels = (labels: Labels = {}, selector = ""): boolean =>
  selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .every((term) => term === "" || holds(term, labels));

function holds(term: string, labels: Labels): boolean {
  const [, absent, of = "", sign = "", wanted = ""] = /^(!)?\s*([^\s=!]+)\s*(==?|!=|notin(?=[\s(])|in(?=[\s(])|)\s*(.*)$/.exec(term) ?? [];
  const value = labels[of];
  if (absent) return value === undefined;
  if (sign === "") return value !== undefined;
  const values = wanted
    .replace(/^\(|\)$/g, "")
    .split(",")
    .map((one) => one.trim());
  const isOne = value !== undefined && values.includes(value);
  return sign === "!=" || sign === "notin" ? !isOne : isOne;
}
