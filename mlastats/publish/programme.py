"""The linear programme of an audit: one model, of which bounds and objective change from call to call.

Each solution is where the next search begins, so that most take a few steps of the simplex method.
"""

from typing import TYPE_CHECKING, Any

from mlastats.errors import ReportFailed

if TYPE_CHECKING:
    import numpy as np

SLACK = 1e-6
ANY, PRIMAL = 0, 4


class Contradiction(Exception):
    """The published counts cannot all be true of one set of requests."""


class Programme:
    """Columns that are not negative, and rows of them between bounds.

    `rows` is a sparse matrix; `ceiling` bounds every column, far above what is asked for, so that there
    always is a largest sum. Each row has one more column, its lift, which is taken off it: the row is at
    least its lower bound and its lift, so that the sum of lifts pushes many rows up at once.
    """

    def __init__(self, rows: Any, lower: "np.ndarray", upper: "np.ndarray", ceiling: float) -> None:
        import highspy
        import numpy as np
        from scipy import sparse

        self._kinds: Any = highspy
        self._np = np
        self.size, self._ceiling = rows.shape[1], ceiling
        rows = sparse.hstack([rows, -sparse.identity(rows.shape[0])]).tocsr()
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = rows.shape[1], rows.shape[0]
        model.col_cost_, model.col_lower_ = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
        model.col_upper_ = np.concatenate([np.full(self.size, ceiling), np.zeros(rows.shape[0])])
        model.row_lower_, model.row_upper_ = lower, upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = rows.indptr, rows.indices
        model.a_matrix_.value_ = rows.data
        self._solver = self._kinds.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(model)
        self._columns = np.arange(rows.shape[1], dtype=np.int32)

    def bound(self, rows: "np.ndarray", lower: "np.ndarray", upper: "np.ndarray") -> None:
        """Set the bounds of some rows anew."""
        self._solver.changeRowsBounds(len(rows), rows.astype(self._np.int32), lower, upper)

    def empty(self, columns: "np.ndarray") -> None:
        """Let these columns be zero, and no other."""
        top = self._np.full(self.size, self._ceiling)
        top[columns] = 0
        self._tops(self._columns[: self.size], top)

    def lift(self, rows: "np.ndarray", most: "np.ndarray") -> None:
        """Let the lifts of these rows go so far; what is least is not changed by it."""
        self._tops(self._columns[self.size + rows], most)

    def least(self, cost: "np.ndarray") -> "np.ndarray":
        """The columns at which the cost is least. Raises Contradiction where none are possible."""
        return self._solved(self._np.concatenate([cost, self._np.zeros(len(self._columns) - self.size)]))

    def highest(self, rows: "np.ndarray") -> "np.ndarray":
        """The columns at which the lifts of these rows are highest together."""
        cost = self._np.zeros(len(self._columns))
        cost[self.size + rows] = -1
        return self._solved(cost)

    def prices(self) -> "np.ndarray":
        """How far the last least cost rests on each row."""
        return self._np.array(self._solver.getSolution().row_dual)

    def _tops(self, columns: "np.ndarray", top: "np.ndarray") -> None:
        self._solver.changeColsBounds(len(columns), columns, self._np.zeros(len(columns)), top)

    def _solved(self, cost: "np.ndarray") -> "np.ndarray":
        self._solver.changeColsCost(len(cost), self._columns, cost)
        status = self._run()
        if status == self._kinds.HighsModelStatus.kInfeasible:
            raise Contradiction
        if status != self._kinds.HighsModelStatus.kOptimal:
            raise ReportFailed(
                f"The disclosure audit found no answer (HiGHS: {self._solver.modelStatusToString(status)}). "
                "Nothing was published."
            )
        return self._np.array(self._solver.getSolution().col_value)[: self.size]

    def _run(self) -> Any:
        self._solver.run()
        if self._solver.getModelStatus() != self._kinds.HighsModelStatus.kOptimal:
            # What a search that began elsewhere did not find, one from the beginning may.
            self._solver.clearSolver()
            self._solver.setOptionValue("simplex_strategy", ANY)
            self._solver.run()
        # From one solution to the next the primal method takes a hundredth of the steps of the dual.
        self._solver.setOptionValue("simplex_strategy", PRIMAL)
        return self._solver.getModelStatus()
