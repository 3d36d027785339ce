package kernel

// The gradient of a layer's weights, Xᵀ·dZ, sums over the images of a batch. Where
// several cores work, each has written the rows of X and dZ of its own images, and
// tasks that each sum over all images would have every row pass from core to core.
// So that sum is cut in two, whoever computes it: half of the tasks take the first
// images and half the others, and then both halves, which are smaller than X, are
// added. It is the one sum that is split between tasks.

// leastHalved is the least K that is cut.
const leastHalved = 128

// halve cuts the sum over k in the middle: if its terms lie row by row in A and in B,
// there are more of them than C is wide or high, C has no gaps, and there is work for two.
func (plan *Plan) halve() {
	p := &plan.problem
	gaps := (p.CCol != 1 || p.CRow != p.N) && (p.CRow != 1 || p.CCol != p.M)
	if p.K < leastHalved || 2*min(p.M, p.N) > p.K || p.ACol <= p.ARow || p.BRow <= p.BCol || gaps || plan.sweep ||
		2*float64(p.M)*float64(p.N)*float64(p.K) < 2*plan.level.grain {
		return
	}
	plan.middle = ceilDiv(p.K, 2)
	plan.rest, plan.restBuffer = takeFloats(p.M * p.N)
}

// sums is how many terms the sums of one task have at most.
func (plan *Plan) sums() int {
	if plan.middle > 0 {
		return plan.middle
	}
	return plan.problem.K
}

// half is a task of the main phase as the part of the problem that it computes: a
// task of the panels, the terms from..to of its sums, and where they go.
func (plan *Plan) half(task int) (panels, from, to int, out []float32) {
	n := plan.rowTasks * plan.colTasks
	switch {
	case plan.middle == 0:
		return task, 0, plan.problem.K, plan.problem.C
	case task < n:
		return task, 0, plan.middle, plan.problem.C
	}
	return task - n, plan.middle, plan.problem.K, plan.rest
}

// addGrain is how many elements of C are worth a task to add.
const addGrain = 8 << 10

// addTasks is how many tasks add the second half to the first: an even number, for
// two workers to end together.
func (plan *Plan) addTasks() int { return max(1, plan.problem.M*plan.problem.N/(2*addGrain)*2) }

func (plan *Plan) addHalf(task int) {
	p := &plan.problem
	from, to := part(p.M*p.N, plan.addTasks(), task)
	plan.level.add(p.C[from:to], p.C[from:to], plan.rest[from:to])
}

// Alone computes the whole product on the calling goroutine, the same bits as its
// tasks: there the second half goes on from the first, where that is one addition.
func (plan *Plan) Alone() {
	if plan.kBlock == plan.middle {
		plan.middle = 0
	}
	for phase := range plan.Phases() {
		for task := range plan.Tasks(phase) {
			plan.Run(phase, task)
		}
	}
}
