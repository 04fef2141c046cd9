// What otel/ and the service exchange, because neither imports the other: the status of telemetry, the address of the
// service, and early responses. Both import this module, which exists once per process.
import type { IncomingMessage } from 'node:http'

export type TelemetryStatus = {
  /** Whether the process can still be scraped; `/readyz` shows it as `telemetry`. */
  isUp(): boolean
  /** Addresses to open, by name; a start on a terminal prints them. */
  addresses: Readonly<Record<string, string>>
}

let status: TelemetryStatus = { isUp: () => true, addresses: {} }

export function reportTelemetry(reported: TelemetryStatus) {
  status = reported
}

/** The last reported status. A process without telemetry is up and has no addresses. */
export function telemetryStatus(): TelemetryStatus {
  return status
}

let address: string | undefined

/** The service reports the address at which browsers find it. */
export function reportService(reported: string) {
  address = reported
}

/** The last reported address of the service; undefined before it listens, and for a service that reports none. */
export function serviceAddress(): string | undefined {
  return address
}

type OnEarlyResponse = (request: IncomingMessage, status: number, seconds: number) => void

let onEarlyResponse: OnEarlyResponse = () => undefined

/** Sets what records early responses. */
export function recordEarlyResponsesWith(record: OnEarlyResponse) {
  onEarlyResponse = record
}

/**
 * Reports a response that was sent before Node's `request` event, from which telemetry learns of a request, and the time that
 * it took.
 */
export function reportEarlyResponse(...response: Parameters<OnEarlyResponse>) {
  onEarlyResponse(...response)
}
