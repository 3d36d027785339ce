package report

// Pace says how a curve ends: "climbing" where it rose by more than five points
// over its last 20 epochs, "stalled" where it lies flat and low, "settled" where
// it lies flat and high.
func (p *page) Pace(t *Trained) string {
	const back, points, high = 20, 0.05, 0.9
	now := t.accuracy()
	before := t.Start.Accuracy
	if n := len(t.Curve); n > back {
		before = t.Curve[n-1-back].Accuracy
	}
	switch {
	case now-before > points:
		return "climbing"
	case now < high:
		return "stalled"
	}
	return "settled"
}

// Still is "still " where t does no better in this than the linear chapter did.
func (p *page) Still(t *Trained) string {
	if linear := p.chapter("linear"); linear != nil && p.Pace(linear) == p.Pace(t) {
		return "still "
	}
	return ""
}

// Outside says so where a result lies beyond all of the post's runs, which the
// start of another seed can bring about.
func (p *page) Outside(t *Trained) bool {
	const rounding = 0.00005
	return t.Post != nil && (t.accuracy() > t.Post.Last.Max+rounding || t.accuracy() < t.Post.Last.Min-rounding)
}

// Fades reports whether the surest mistakes are pushed less than others were:
// what a squared error's chart is expected to show, and few images may not.
func (p *page) Fades(t *Trained) bool {
	pts, top := pushes(t)
	return len(pts) > 1 && pts[len(pts)-1].Y < 0.9*top
}

// LetGo reports whether the last of several losses, and no other, keeps pushing
// at the surest mistakes.
func (p *page) LetGo(chapters []*Trained) bool {
	last := len(chapters) - 1
	for i, t := range chapters {
		if p.Fades(t) == (i == last) {
			return false
		}
	}
	return true
}

// SameMeans reports whether the means of the classes' own accuracies are the
// accuracies over all images, as where all classes have as many.
func (p *page) SameMeans() bool {
	a := p.Average
	return share(a.MAE.MeanOfClasses) == share(a.MAE.Accuracy) && share(a.MSE.MeanOfClasses) == share(a.MSE.Accuracy)
}

// Faultless reports whether both distances get every image right.
func (p *page) Faultless() bool { return p.Average.MAE.Accuracy == 1 && p.Average.MSE.Accuracy == 1 }
