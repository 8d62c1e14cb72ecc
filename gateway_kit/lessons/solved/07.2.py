experiment(candidates[0])
better, worse_for = candidates[0], "delivery"
