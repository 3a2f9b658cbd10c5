namespace TiMix.Protocol.Monitoring;

/// <summary>
/// Which report of a step is written down next: each step once and in order. Where reports are missing, those who may still have
/// them get a moment to tell; then the oldest that there is counts.
/// </summary>
public sealed class ReportOrder
{
    /// <summary>Milliseconds for which a report that is missing is waited for; a trainer tells again of what is not written several times in it.</summary>
    public const long Moment = 2000;

    /// <summary>After which step something is missing, since when, the oldest report that was told since, and when it last was.</summary>
    private (long Recorded, long Since, long Oldest, long ToldAt)? _gap;

    /// <summary>A report has come.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="recorded">Steps written down.</param>
    /// <param name="oldest">Whoever tells has no report of the step before.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    /// <returns>Whether it is to be written down.</returns>
    public bool IsNext(long step, long recorded, bool oldest, long now)
    {
        if (step <= recorded + 1 || !oldest)
        {
            return step == recorded + 1;
        }

        if (_gap is not { } gap || gap.Recorded != recorded)
        {
            _gap = (recorded, now, step, now);
            return false;
        }

        // Of several that tell of what comes after the gap, the one with the oldest is waited for, unless it says nothing more.
        if (step <= gap.Oldest || now - gap.ToldAt >= Moment)
        {
            _gap = gap with { Oldest = step, ToldAt = now };
            return now - gap.Since >= Moment;
        }

        return false;
    }
}
