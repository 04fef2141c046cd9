// The status of telemetry: otel/ reports it and the service reads it, because neither imports the other. Both import
// this module, which exists once per process.

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
