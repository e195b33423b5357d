import type { Job, Metadata } from "../objects.ts";

type Labels = Readonly<Record<string, string>>;

/** A Job without the selector and the labels that the API server makes of its uid (batch/v1 generateSelector). */
export function writtenJob(job: Job): Job {
  const { metadata } = job;
  const { selector, ...spec } = job.spec;
  if (spec.manualSelector) return job;
  const { metadata: of = {}, ...template } = spec.template;
  const labels = without(of.labels, metadata);
  return {
    ...job,
    metadata: withLabels(metadata, ownLabels(metadata, labels)),
    spec: { ...spec, template: { ...template, metadata: withLabels(of, labels) } },
  };
}

/** A Job without labels gets those of its template, as one map with it, so that it gets what is added to that too (SetDefaults_Job). */
function ownLabels(metadata: Metadata, template: Labels): Labels {
  const labels = without(metadata.labels, metadata);
  const shared = Object.keys(labels).length < Object.keys(metadata.labels ?? {}).length;
  const isTemplates = Object.entries(labels).every(([key, value]) => template[key] === value);
  return shared && isTemplates ? {} : labels;
}

const without = (labels: Labels = {}, { uid, name }: Metadata): Labels =>
  Object.fromEntries(
    Object.entries(labels).filter(([key, value]) => {
      const of = key.replace(/^batch\.kubernetes\.io\//, "");
      return !(of === "controller-uid" && value === uid) && !(of === "job-name" && value === name);
    }),
  );

function withLabels<M extends Partial<Metadata>>({ labels: _, ...metadata }: M, labels: Labels): M {
  return { ...metadata, ...(Object.keys(labels).length > 0 && { labels }) } as M;
}
