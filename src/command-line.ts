// Reads the options of the service. Loaded with --import before telemetry, so that --help, a wrong option and --check
// start nothing.
import { readOptions } from '../lib/command-line.ts'
import { requestCheck } from '../lib/settings-check.ts'

const usage = `Usage: npm start [-- options]

Starts the service. Its settings are environment variables; README.md lists them.

  --check  validates all settings and prints what would start, or every fault; starts nothing
  --help   prints this text
`

if (readOptions(usage, { check: false }).check) requestCheck()
