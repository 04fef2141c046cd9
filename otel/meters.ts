// Keeps errors of the SDK out of requests, and attributes that clients choose out of metrics.
import { type Attributes, diag, type Histogram, type Meter, type MeterProvider } from '@opentelemetry/api'
import type { Duplicate } from './native/histograms.ts'

/** Replaces the attributes of every measurement of a histogram, by its name. */
export type Rewrites = Readonly<Record<string, (attributes?: Attributes) => Attributes>>

/**
 * Returns a provider whose synchronous instruments log errors instead of throwing them. The SDK makes a key of the
 * attributes with JSON.stringify, which throws on a BigInt or a cycle.
 */
export function guardMeters(
  provider: MeterProvider,
  rewrites: Rewrites = {},
  duplicate: Duplicate = (histogram) => histogram,
): MeterProvider {
  return {
    getMeter: (...scope) =>
      guardMeter(provider.getMeter(...scope), rewrites, (histogram, ...args) =>
        duplicate(histogram, scope, ...args),
      ),
  }
}

type CreateHistogram = Parameters<Meter['createHistogram']>

function guardMeter(
  meter: Meter,
  rewrites: Rewrites,
  duplicate: (histogram: Histogram, ...args: CreateHistogram) => Histogram,
): Meter {
  const guarded: Meter = Object.create(meter)
  guarded.createCounter = (...args) => guardAdd(meter.createCounter(...args))
  guarded.createUpDownCounter = (...args) => guardAdd(meter.createUpDownCounter(...args))
  guarded.createGauge = (...args) => guardRecord(meter.createGauge(...args))
  guarded.createHistogram = (...args) =>
    guardRecord(rewriteAttributes(duplicate(meter.createHistogram(...args), ...args), rewrites[args[0]]))
  return guarded
}

function rewriteAttributes(histogram: Histogram, rewrite: Rewrites[string] | undefined): Histogram {
  if (!rewrite) return histogram
  const record = histogram.record.bind(histogram)
  histogram.record = (value, attributes, context) => record(value, rewrite(attributes), context)
  return histogram
}

type Measure = (...measurement: never[]) => void

function guardAdd<Instrument extends { add: Measure }>(instrument: Instrument): Instrument {
  instrument.add = guard(instrument.add.bind(instrument))
  return instrument
}

function guardRecord<Instrument extends { record: Measure }>(instrument: Instrument): Instrument {
  instrument.record = guard(instrument.record.bind(instrument))
  return instrument
}

function guard<Arguments extends never[]>(measure: (...args: Arguments) => void) {
  return (...args: Arguments) => {
    try {
      measure(...args)
    } catch (error) {
      diag.error('a measurement was lost', error)
    }
  }
}
