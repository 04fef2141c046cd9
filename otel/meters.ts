// Keeps errors of the SDK out of requests.
import { diag, type Meter, type MeterProvider } from '@opentelemetry/api'

/**
 * Returns a provider whose synchronous instruments log errors instead of throwing them. The SDK makes a key of the
 * attributes with JSON.stringify, which throws on a BigInt or a cycle.
 */
export function guardMeters(provider: MeterProvider): MeterProvider {
  return { getMeter: (...scope) => guardMeter(provider.getMeter(...scope)) }
}

function guardMeter(meter: Meter): Meter {
  const guarded: Meter = Object.create(meter)
  guarded.createCounter = (...args) => guardAdd(meter.createCounter(...args))
  guarded.createUpDownCounter = (...args) => guardAdd(meter.createUpDownCounter(...args))
  guarded.createGauge = (...args) => guardRecord(meter.createGauge(...args))
  guarded.createHistogram = (...args) => guardRecord(meter.createHistogram(...args))
  return guarded
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
