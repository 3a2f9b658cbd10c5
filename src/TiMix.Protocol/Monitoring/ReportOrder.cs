namespace TiMix.Protocol.Monitoring;

/// <summary>
/// Which report of a step is written down next: each step once and in order. Where reports are missing, those who may still have
/// them get a moment to tell: the oldest that a trainer has counts when it comes a second time.
/// </summary>
public sealed class ReportOrder
{
    private long _gapAt = -1;

    /// <summary>A report has come.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="recorded">Steps written down.</param>
    /// <param name="oldest">Whoever tells has no report of an earlier step.</param>
    /// <returns>Whether it is to be written down.</returns>
    public bool IsNext(long step, long recorded, bool oldest)
    {
        var next = recorded + 1;
        var write = step == next || (step > next && oldest && _gapAt == step);
        _gapAt = step > next ? step : -1;
        return write;
    }
}
