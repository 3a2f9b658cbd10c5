namespace TiMix.Protocol.Monitoring;

/// <summary>Finds gradient norms that jump: a run that is about to diverge, or samples that are not like others, show there first.</summary>
public sealed class NormWatch
{
    /// <summary>Steps that a norm is held against.</summary>
    public const int Remembered = 100;

    /// <summary>As long as there are fewer, nothing is a jump: norms of the first steps are all over the place.</summary>
    public const int WarmUp = 20;

    /// <summary>Times the median that a norm must be above.</summary>
    public const double Jump = 10;

    private readonly Queue<double> _norms = new();
    private long _last;
    private long _toldAt = -Remembered;

    /// <summary>Hears of a step; each counts once, whatever is told again of it.</summary>
    /// <param name="step">Steps applied.</param>
    /// <param name="norm">Of its gradient, before clipping.</param>
    /// <returns>The median that the norm jumps from; null: it does not, or another one did less than <see cref="Remembered"/> steps ago.</returns>
    public double? Hear(long step, double norm)
    {
        if (step <= _last)
        {
            return null;
        }

        _last = step;
        double[] sorted = [.. _norms.Order()];
        _norms.Enqueue(norm);
        if (_norms.Count > Remembered)
        {
            _norms.Dequeue();
        }

        if (sorted.Length < WarmUp || norm <= Jump * sorted[sorted.Length / 2] || step - _toldAt < Remembered)
        {
            return null;
        }

        _toldAt = step;
        return sorted[sorted.Length / 2];
    }
}
