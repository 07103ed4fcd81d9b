/**
 * Column of each row in the assignment with the highest total gain (Hungarian method with shortest
 * augmenting paths, size³). Equal totals: the same answer for the same numbers.
 */
export function solveAssignment(gains: Float64Array, size: number): number[] {
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  const way = new Int32Array(size + 1);
  for (let row = 1; row <= size; row += 1) {
    rowOf[0] = row;
    let column = 0;
    const slack = new Float64Array(size + 1).fill(Infinity);
    const used = new Uint8Array(size + 1);
    do {
      used[column] = 1;
      const current = rowOf[column] ?? 0;
      let delta = Infinity;
      let next = 0;
      for (let to = 1; to <= size; to += 1) {
        if (used[to] === 1) continue;
        const gain = gains[(current - 1) * size + to - 1] ?? 0;
        const cost = -gain - (rowPotential[current] ?? 0) - (columnPotential[to] ?? 0);
        if (cost < (slack[to] ?? 0)) {
          slack[to] = cost;
          way[to] = column;
        }
        if ((slack[to] ?? 0) < delta) {
          delta = slack[to] ?? 0;
          next = to;
        }
      }
      for (let to = 0; to <= size; to += 1) {
        if (used[to] === 1) {
          const owner = rowOf[to] ?? 0;
          rowPotential[owner] = (rowPotential[owner] ?? 0) + delta;
          columnPotential[to] = (columnPotential[to] ?? 0) - delta;
        } else {
          slack[to] = (slack[to] ?? 0) - delta;
        }
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const before = way[column] ?? 0;
      rowOf[column] = rowOf[before] ?? 0;
      column = before;
    }
  }
  const columns = Array.from<number>({ length: size }).fill(-1);
  for (let to = 1; to <= size; to += 1) columns[(rowOf[to] ?? 0) - 1] = to - 1;
  return columns;
}
