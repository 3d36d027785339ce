package kernel

// Plan is a product cut into tasks. The tasks of one phase may run in any
// order and at the same time; a phase begins when the one before it is done.
// The cut depends on the size of the problem only, so the result is the same bits
// for any number of workers.
//
// There are two forms. In the first, the lanes of a vector are columns of C:
// a tile of C stays in registers while k runs, each step multiplies a vector
// of B's row by one element of A. In the second, for few columns, the lanes
// are consecutive k: a tile of dot products. Either also serves Cᵀ = Bᵀ·Aᵀ,
// which is how the lanes come to be rows of C.
type Plan struct {
	problem Product // turned so that lanes are its columns, or K
	bias    []float32
	turned  bool // problem is the transpose of what was asked for: bias is by row
	dots    bool // the second form
	level   *routines

	rowPanels, colPanels int // how many tiles high and wide C is
	rowTasks, colTasks   int // how many parts the panels are dealt to
	kBlock               int // how much of K is done before the next tile
	colBlock             int // how many column panels share the second-level cache
	packA                bool
	sweep                bool // too few rows for tiles
	middle               int  // where the sum over k is cut in two; 0 where it is not

	packed    []float32 // B, each panel of columns apart; nil where B is read in place
	buffer    []float32 // what packed is cut from, for the free list
	packTasks int       // 0 where Plan has packed already

	rest       []float32 // C of the second half of k, laid out as C
	restBuffer []float32
}

// packGrain is how many elements of B are worth a task to pack.
const packGrain = 32 << 10

var freePlans freeList[*Plan]

// Plan checks the product and cuts it. It panics where a slice is too short.
func (p *Product) Plan() *Plan {
	p.check()
	plan, ok := freePlans.take()
	if !ok {
		plan = new(Plan)
	}
	*plan = Plan{problem: *p, bias: p.Bias, level: active}
	plan.choose()
	if plan.dots {
		plan.cutDots()
	} else {
		plan.cutTiles()
	}
	if plan.packed != nil {
		plan.packTasks = min(plan.colPanels, p.K*p.N/packGrain)
		if plan.packTasks < 2 { // not worth a phase
			plan.pack(0, plan.colPanels)
			plan.packTasks = 0
		}
	}
	return plan
}

// choose picks the form and the orientation that should take the fewest cycles.
func (plan *Plan) choose() {
	straight, turned := plan.problem, plan.problem.transposed()
	l := plan.level
	best := tileCycles(&straight, l)
	consider := func(cycles float64, problem *Product, isTurned, isDots bool) {
		if cycles < best {
			best = cycles
			plan.problem, plan.turned, plan.dots = *problem, isTurned, isDots
		}
	}
	consider(tileCycles(&turned, l), &turned, true, false)
	consider(dotCycles(&straight, l), &straight, false, true)
	consider(dotCycles(&turned, l), &turned, true, true)
}

const never = 1e300

func tileCycles(p *Product, l *routines) float64 {
	m, n, k := float64(p.M), float64(p.N), float64(p.K)
	cycles := m * k * float64(ceilDiv(p.N, l.lanes))
	if !tileInPlace(p, l) {
		cycles += k * n * packCycles(p.BCol == 1, p.BRow == 1)
	}
	if p.CCol != 1 {
		cycles += m * n
	}
	return cycles
}

func dotCycles(p *Product, l *routines) float64 {
	if p.ACol != 1 || p.K == 0 || min(p.M, p.N) > 32 {
		return never
	}
	const reduce = 5 // cycles to add a vector's lanes, and to store the result
	m, n, k := float64(p.M), float64(p.N), float64(p.K)
	cycles := m * n * float64(ceilDiv(p.K, l.lanes)+reduce)
	if !dotInPlace(p, l) {
		cycles += k * n * packCycles(p.BRow == 1, p.BCol == 1)
	}
	return cycles
}

// packCycles is what it takes to pack one element: by copying, by transposing
// blocks, or one by one.
func packCycles(copied, transposed bool) float64 {
	switch {
	case copied:
		return 0.2
	case transposed:
		return 0.4
	}
	return 1.5
}

// deal cuts the panels into tasks: as many as the work is worth, in the
// proportion of rows to columns that reads A and B the fewest times.
func (plan *Plan) deal() {
	p := &plan.problem
	flops := 2 * float64(p.M) * float64(p.N) * float64(p.K)
	if plan.middle > 0 { // each half has its own tasks
		flops /= 2
	}
	grain := plan.level.grain
	tasks := int(min(flops/grain, 20)) // enough for two or three workers to end together
	if more := flops / (8 * grain); more > 8 {
		tasks = int(min(more, 32))
	}
	const copyA = 8 // A's panels come without prefetching, and may be copied
	plan.rowTasks, plan.colTasks = max(1, min(tasks, plan.rowPanels)), 1
	least := plan.rowTasks*p.N + copyA*p.M
	for cols := 2; cols <= min(tasks, plan.colPanels); cols++ {
		rows := min(ceilDiv(tasks, cols), plan.rowPanels)
		reads := rows*p.N + copyA*cols*p.M
		if few := plan.rowTasks*plan.colTasks < tasks; reads < least || few && rows*cols > plan.rowTasks*plan.colTasks {
			plan.rowTasks, plan.colTasks, least = rows, cols, reads
		}
	}
}

// Phases is the number of phases: one in which B is packed, where that is worth
// several tasks, the main one, and one that adds halves.
func (plan *Plan) Phases() int {
	if plan.middle > 0 {
		return plan.mainPhase() + 2
	}
	return plan.mainPhase() + 1
}

func (plan *Plan) mainPhase() int {
	if plan.packTasks > 0 {
		return 1
	}
	return 0
}

// Tasks is the number of tasks of a phase.
func (plan *Plan) Tasks(phase int) int {
	main := plan.mainPhase()
	switch {
	case phase < main:
		return plan.packTasks
	case plan.problem.M == 0 || plan.problem.N == 0:
		return 0
	case phase > main:
		return plan.addTasks()
	case plan.middle > 0:
		return 2 * plan.rowTasks * plan.colTasks
	}
	return plan.rowTasks * plan.colTasks
}

// Run runs one task of a phase.
func (plan *Plan) Run(phase, task int) {
	main := plan.mainPhase()
	switch {
	case phase < main:
		plan.pack(part(plan.colPanels, plan.packTasks, task))
	case phase > main:
		plan.addHalf(task)
	case plan.dots:
		plan.runDots(task)
	default:
		plan.runTiles(task)
	}
}

// Release gives the plan's scratch memory back. The plan is not used after it.
func (plan *Plan) Release() {
	releaseFloats(plan.buffer)
	releaseFloats(plan.restBuffer)
	*plan = Plan{}
	freePlans.give(plan)
}

func (plan *Plan) pack(from, to int) {
	if plan.dots {
		plan.packDots(from, to)
	} else {
		plan.packTiles(from, to)
	}
}

// panels returns the row and column panels of a task.
func (plan *Plan) panels(task int) (row0, row1, col0, col1 int) {
	row0, row1 = part(plan.rowPanels, plan.rowTasks, task/plan.colTasks)
	col0, col1 = part(plan.colPanels, plan.colTasks, task%plan.colTasks)
	return
}

// part is part i of n things dealt to parts as evenly as it goes.
func part(n, parts, i int) (from, to int) { return i * n / parts, (i + 1) * n / parts }

func ceilDiv(a, b int) int { return (a + b - 1) / b }
