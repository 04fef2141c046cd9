// Finds the PromQL expressions in a page of the documentation.

/** Returns the code in table columns headed `Query`, and code elsewhere that starts with a PromQL function. */
export function queriesOf(page: string): string[] {
  return [...new Set([...codeInQueryColumns(page), ...promqlCode(page)])]
}

function codeInQueryColumns(page: string): string[] {
  const tables = page.matchAll(/(?:^\|.*\|\n)+/gm)
  return Array.from(tables, ([table]) => table.trimEnd().split('\n').map(cellsOf)).flatMap(
    ([head = [], , ...rows]) => {
      const column = head.indexOf('Query')
      return rows.flatMap((row) => codeIn(row[column] ?? ''))
    },
  )
}

/** Splits at unescaped bars; an escaped bar belongs to a cell. */
const cellsOf = (row: string) =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

const promqlCode = (page: string) =>
  codeIn(page.replaceAll('\\|', '|')).filter((code) =>
    /^(sum|count|max|min|rate|increase|histogram_quantile)\b[^()]*\([^)]/.test(code),
  )

const codeIn = (text: string) => Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code)
