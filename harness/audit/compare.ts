// Holds what the service counted against the proxy's log, the rows of the database and what clients were told.
import { checkAnswers } from './checks/answers.ts'
import type { Check } from './checks/check.ts'
import { checkEvents } from './checks/events.ts'
import { checkRequests } from './checks/requests.ts'
import { checkRows } from './checks/rows.ts'
import type { Evidence } from './evidence.ts'
import { createReadings } from './readings.ts'

/** Every comparison; where all is well, no check has differences. */
export function compare(evidence: Evidence): Check[] {
  const readings = createReadings(evidence.pushes)
  return [
    ...checkRequests(readings, evidence),
    ...checkEvents(readings, evidence),
    ...checkRows(readings, evidence),
    ...checkAnswers(evidence),
  ]
}
