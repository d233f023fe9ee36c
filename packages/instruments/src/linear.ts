/**
 * Small dense least squares by Householder QR (Golub and Van Loan, Matrix Computations, section 5.2).
 * Matrices are row-major Float64Arrays.
 */

/**
 * Reduces `matrix` (rows x columns, rows >= columns) in place to upper triangular form R in its first
 * `columns` rows and applies the same orthogonal transformations to `rhs` (length rows).
 */
export function reduceToTriangle(
  matrix: Float64Array,
  rhs: Float64Array,
  rows: number,
  columns: number,
): void {
  for (let k = 0; k < columns; k++) {
    let norm = 0;
    for (let i = k; i < rows; i++) norm = Math.hypot(norm, matrix[i * columns + k]!);
    if (norm === 0) continue;
    const pivot = matrix[k * columns + k]!;
    const alpha = pivot > 0 ? -norm : norm;
    const head = pivot - alpha;
    // v = (head, rest of the column); 2/(v.v) = -1/(alpha * head).
    const factor = -1 / (alpha * head);
    for (let j = k + 1; j <= columns; j++) {
      let dot = head * (j < columns ? matrix[k * columns + j]! : rhs[k]!);
      for (let i = k + 1; i < rows; i++) {
        dot += matrix[i * columns + k]! * (j < columns ? matrix[i * columns + j]! : rhs[i]!);
      }
      dot *= factor;
      if (j < columns) {
        matrix[k * columns + j]! -= dot * head;
        for (let i = k + 1; i < rows; i++) matrix[i * columns + j]! -= dot * matrix[i * columns + k]!;
      } else {
        rhs[k]! -= dot * head;
        for (let i = k + 1; i < rows; i++) rhs[i]! -= dot * matrix[i * columns + k]!;
      }
    }
    matrix[k * columns + k] = alpha;
    for (let i = k + 1; i < rows; i++) matrix[i * columns + k] = 0;
  }
}

/** Solves R x = rhs for upper triangular R (n x n); undefined where R is singular to working precision. */
export function solveTriangle(r: Float64Array, rhs: Float64Array, n: number): Float64Array | undefined {
  if (isSingular(r, n)) return undefined;
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rhs[i]!;
    for (let j = i + 1; j < n; j++) sum -= r[i * n + j]! * x[j]!;
    x[i] = sum / r[i * n + i]!;
  }
  return x;
}

/**
 * Covariance (J^T J)^-1 of least squares with unit weights, as n x n row-major; parameters with `held[i]`
 * are left out of J and have rows and columns of zeros. Undefined where the free part is singular.
 */
export function covarianceOf(
  jacobian: Float64Array,
  rows: number,
  n: number,
  held: readonly boolean[],
): Float64Array | undefined {
  const free = held.flatMap((isHeld, i) => (isHeld ? [] : [i]));
  const f = free.length;
  const scaled = new Float64Array(rows * f);
  const norms = free.map((column) => columnNorm(jacobian, rows, n, column));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < f; j++) scaled[i * f + j] = jacobian[i * n + free[j]!]! / norms[j]!;
  }
  const unused = new Float64Array(rows);
  reduceToTriangle(scaled, unused, rows, f);
  const inverse = new Float64Array(f * f);
  for (let j = 0; j < f; j++) {
    const unit = new Float64Array(f);
    unit[j] = 1;
    const column = solveTriangle(scaled, unit, f);
    if (column === undefined) return undefined;
    for (let i = 0; i < f; i++) inverse[i * f + j] = column[i]!;
  }
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < f; i++) {
    for (let j = 0; j < f; j++) {
      let sum = 0;
      for (let k = 0; k < f; k++) sum += inverse[i * f + k]! * inverse[j * f + k]!;
      covariance[free[i]! * n + free[j]!] = sum / (norms[i]! * norms[j]!);
    }
  }
  return covariance;
}

/** Euclidean norm of one column of a row-major matrix. */
export function columnNorm(matrix: Float64Array, rows: number, columns: number, column: number): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += matrix[i * columns + column]! ** 2;
  return Math.sqrt(sum);
}

function isSingular(r: Float64Array, n: number): boolean {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(r[i * n + i]!));
  for (let i = 0; i < n; i++) {
    if (!(Math.abs(r[i * n + i]!) > largest * 1e-14)) return true;
  }
  return false;
}
