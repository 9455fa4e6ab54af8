// The figures of the Monitor in the text format of Prometheus. The schema says which figures are metrics, and which
// attributes are labels (X-METRIC, X-LABEL), so there is no second list to maintain.

import { Counter, Gauge, Registry } from 'prom-client';
import type {
  Monitor,
  MonitorFigures,
  MonitorItem,
  MonitorSource,
  MonitorValue,
} from '../monitor/monitor.ts';

/** The part of the schema used here: definitions as text, by name. */
export interface MonitorDefinitions {
  findAttributeType(
    name: string,
  ): { readonly text: string | undefined; readonly definition: string } | undefined;
  findObjectClass(name: string): { readonly definition: string } | undefined;
}

/** Maximum number of entries of one source: each becomes several lines that Prometheus stores. */
const ITEMS_MAX = 1000;
const METRIC = / X-METRIC '(counter|gauge)'/;
const LABEL = / X-LABEL '(\w+)'/;
const MILLISECONDS_PER_SECOND = 1000;

/** Labels whose values are words of the protocol; those of all others are names of objects. */
const NAMELESS: ReadonlySet<string> = new Set(['result']);

/**
 * Takes an entry below cn=monitor: its names, the nearest to it first, and its figures. Returns whether the reader may know a
 * figure of it.
 */
export type SightOfItem = (
  names: readonly string[],
  figures: MonitorFigures,
) => (attribute: string) => boolean;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly isTime: boolean;
}

/**
 * Resolves to the current metrics as text. Figures of single objects are only those that the reader sees; figures of the
 * server as a whole name nobody, and are for everyone.
 */
export function formatMetrics(
  monitor: Monitor,
  definitions: MonitorDefinitions,
  sightOf: SightOfItem,
): Promise<string> {
  const samples = new Map<string, Sample[]>();
  const collect = (item: MonitorItem, ...names: readonly string[]) =>
    collectSamples(item, definitions, samples, (figures) => sightOf(names, figures));
  collect(monitor.server);
  for (const source of monitor.sources) {
    collect(source, source.name);
    for (const item of firstItems(source)) collect(item, item.name, source.name);
  }
  const registry = new Registry();
  for (const [attribute, found] of samples) addMetric(registry, attribute, found, definitions);
  return registry.metrics();
}

function* firstItems(source: MonitorSource): Generator<MonitorItem> {
  let count = 0;
  for (const item of source.items?.() ?? []) {
    if (count >= ITEMS_MAX) return;
    count += 1;
    yield item;
  }
}

function collectSamples(
  item: MonitorItem,
  definitions: MonitorDefinitions,
  samples: Map<string, Sample[]>,
  sightOf: (figures: MonitorFigures) => (attribute: string) => boolean,
): void {
  const label = LABEL.exec(definitions.findObjectClass(item.objectClass)?.definition ?? '')?.[1];
  const labels: Record<string, string> = label === undefined ? {} : { [label]: item.name };
  const figures = item.figures();
  const sees = label === undefined || NAMELESS.has(label) ? () => true : sightOf(figures);
  for (const [attribute, figure] of Object.entries(figures)) {
    const value = numberOf(figure);
    if (value === undefined || kindOf(attribute, definitions) === undefined) continue;
    if (!sees(attribute)) continue;
    const found = samples.get(attribute);
    const sample = { labels, value, isTime: figure instanceof Date };
    if (found === undefined) samples.set(attribute, [sample]);
    else found.push(sample);
  }
}

function kindOf(attribute: string, definitions: MonitorDefinitions): string | undefined {
  return METRIC.exec(definitions.findAttributeType(attribute)?.definition ?? '')?.[1];
}

/** Returns a figure as a number, times as seconds since 1970; undefined for text. */
function numberOf(figure: MonitorValue | readonly MonitorValue[] | undefined): number | undefined {
  if (typeof figure === 'number') return figure;
  if (typeof figure === 'boolean') return Number(figure);
  return figure instanceof Date ? figure.getTime() / MILLISECONDS_PER_SECOND : undefined;
}

function addMetric(
  registry: Registry,
  attribute: string,
  samples: readonly Sample[],
  definitions: MonitorDefinitions,
): void {
  const help = definitions.findAttributeType(attribute)?.text ?? attribute;
  const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
  const name = `confdit_${attribute.replace(/^ds-mon-/, '').replaceAll('-', '_')}`;
  const registers = [registry];
  if (kindOf(attribute, definitions) === 'counter') {
    const counter = new Counter({
      name: `${name.replace(/_count$/, '')}_total`,
      help,
      labelNames,
      registers,
    });
    for (const { labels, value } of samples) counter.inc(labels, value);
  } else {
    const { isTime } = samples[0] ?? { isTime: false };
    const gaugeName = isTime ? `${name.replace(/_(?:at|time)$/, '')}_timestamp_seconds` : name;
    const gauge = new Gauge({ name: gaugeName, help, labelNames, registers });
    for (const { labels, value } of samples) gauge.set(labels, value);
  }
}
