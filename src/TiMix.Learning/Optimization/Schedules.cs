namespace TiMix.Learning.Optimization;

/// <summary>Numbers that change with the step, as pure functions of it. Steps count from 0.</summary>
public static class Schedules
{
    /// <summary>
    /// Linear warm-up from <paramref name="floor"/> to <paramref name="peak"/>, then a cosine back to the floor, which the last step reaches.
    /// </summary>
    /// <param name="step">0 to <paramref name="steps"/> - 1.</param>
    /// <param name="steps">Of the whole run.</param>
    /// <param name="warmup">Steps of the warm-up; 0: none.</param>
    /// <param name="peak">Highest rate.</param>
    /// <param name="floor">Lowest rate.</param>
    public static double LearningRate(long step, long steps, long warmup, double peak, double floor)
    {
        if (step < warmup)
        {
            return floor + ((peak - floor) * (step + 1) / warmup);
        }

        var last = steps - 1 - warmup;
        var share = last <= 0 ? 1 : Math.Min(1, (step - warmup) / (double)last);
        return floor + ((peak - floor) * 0.5 * (1 + Math.Cos(Math.PI * share)));
    }

    /// <summary>Rises linearly from 0 at step 0 to <paramref name="to"/> at step <paramref name="over"/> and stays.</summary>
    public static double Ramp(long step, long over, double to) => over <= 0 ? to : to * Math.Min(1, step / (double)over);
}
