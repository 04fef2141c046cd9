// What otel/ and the service exchange, because neither imports the other: the status of telemetry, and the address
// of the service. Both import this module, which exists once per process.

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
