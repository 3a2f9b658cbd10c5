using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TiMix.Actors.Monitoring;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run}: {Runtime}, {Threads} compute thread(s).")]
    public static partial void Started(this ILogger logger, string run, string runtime, int threads);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Text}")]
    public static partial void Noted(this ILogger logger, string text);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended: {Outcome}. {Error}")]
    public static partial void Ended(this ILogger logger, string outcome, string error);
}

/// <summary>The program above listens to signals; a run does not.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
