using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TiMix.Node.Operations;

/// <summary>Body of <c>POST /api/scale</c>.</summary>
internal sealed record ScaleRequest(int? Trainers);

/// <summary>Body of <c>POST /api/drain</c>.</summary>
internal sealed record DrainRequest(string? Node);

/// <summary>Body of <c>POST /api/session</c>.</summary>
internal sealed record SessionRequest(string? Code);

/// <summary>What the addresses of the HTTP interface do.</summary>
internal static class OperationsEndpoints
{
    private const int DefaultPoints = 1000;
    private const int MostPoints = 10_000;
    private const int MostTrainers = 1024;
    private const int MostStreams = 64;
    private static readonly TimeSpan StreamInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(10);

    public static void Map(WebApplication app, RunSituation situation, IRunControl control, OperationsAccess access, MixPictures mixes, CancellationToken stop)
    {
        app.MapGet("/health/live", () => Results.Text("live")).ExcludeFromDescription();
        app.MapGet("/health/ready", () => situation.HeardWithin(ReadyWithin) ? Results.Text("ready") : Results.Text(
            "the coordinator does not answer", statusCode: StatusCodes.Status503ServiceUnavailable))
            .ExcludeFromDescription();
        app.MapGet("/api/run", situation.State).WithSummary("Where the run stands.");
        app.MapGet("/api/metrics", (long? from, int? points) => situation.Board.SeriesAfter(from ?? 0, Math.Clamp(points ?? DefaultPoints, 1, MostPoints)))
            .WithSummary("Losses, rates and times of the steps past \"from\", averaged to at most \"points\" points.");
        app.MapGet("/api/evaluations", () => situation.Board.Evaluations).WithSummary("Evaluations, oldest first.");
        app.MapGet("/api/notices", (long? after) => situation.Board.NoticesAfter(after ?? 0)).WithSummary("What the user was told, oldest first.");
        app.MapGet("/api/mixes", () => mixes.Ask(NewestSnapshot(situation))).WithSummary("Where the picture of the newest mixes is.");
        app.MapGet(
            "/api/mixes.png",
            (long? step) => mixes.File is { } file && File.Exists(file) ? Results.File(Path.GetFullPath(file), "image/png") : Results.NotFound())
            .WithSummary("The newest mixes: picture, saliency, partner, mixed picture, captions, lambda.");
        var streams = 0;
        app.MapGet("/api/stream", (CancellationToken gone) =>
        {
            if (Interlocked.Increment(ref streams) > MostStreams)
            {
                Interlocked.Decrement(ref streams);
                return Results.Text($"{MostStreams} others look on already", statusCode: StatusCodes.Status503ServiceUnavailable);
            }

            return TypedResults.ServerSentEvents(StreamAsync(situation, () => Interlocked.Decrement(ref streams), stop, gone));
        }).WithSummary("Server-sent events: run, metrics, evaluation, notice, end.");
        app.MapPost("/api/session", (SessionRequest wish, HttpResponse response) =>
        {
            if (access.Trade(wish.Code) is not { } session)
            {
                return Results.Json(
                    OperationsAnswer.Refused(
                        StatusCodes.Status401Unauthorized,
                        "The address was used before, or is another run's; the token is in operations.json in the run's directory."),
                    statusCode: StatusCodes.Status401Unauthorized);
            }

            response.Cookies.Append(OperationsAccess.Cookie, session, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
            return Results.NoContent();
        }).WithSummary("Trades the code of the printed address, once, for a cookie that lets this browser steer.");
        Post(app, "pause", "All trainers hold still after their step; processes and states stay.", control.PauseAsync);
        Post(app, "continue", "A run that was paused goes on.", control.ContinueAsync);
        Post(app, "snapshot", "A snapshot is written although none is due.", control.SnapshotAsync);
        Post(app, "stop", "The run finishes its step, writes a snapshot and ends; it can be resumed.", control.StopAsync);
        app.MapPost("/api/scale", async (ScaleRequest wish) => wish.Trainers is { } trainers and >= 1 and <= MostTrainers
            ? Answered(await control.ScaleAsync(trainers).ConfigureAwait(false))
            : Malformed($"\"trainers\" must be a number from 1 to {MostTrainers}."))
            .WithSummary("Starts or drains trainers until there are as many.");
        app.MapPost("/api/drain", async (DrainRequest wish) => wish.Node is { Length: > 0 } node
            ? Answered(await control.DrainAsync(node).ConfigureAwait(false))
            : Malformed("\"node\" must be the name of a node."))
            .WithSummary("Lets a node finish its step and leave.");
    }

    private static long? NewestSnapshot(RunSituation situation) => situation.Cluster?.Snapshots is [.., var newest] ? newest.Step : null;

    private static void Post(WebApplication app, string name, string summary, Func<Task<OperationsAnswer>> wish) =>
        app.MapPost($"/api/{name}", async () => Answered(await wish().ConfigureAwait(false))).WithSummary(summary);

    private static IResult Malformed(string text) => Results.Json(
        OperationsAnswer.Refused(StatusCodes.Status400BadRequest, text), statusCode: StatusCodes.Status400BadRequest);

    private static IResult Answered(OperationsAnswer answer) => Results.Json(
        answer,
        statusCode: answer.Done ? StatusCodes.Status200OK : answer.Unknown ? StatusCodes.Status404NotFound : StatusCodes.Status409Conflict);

    private static async IAsyncEnumerable<SseItem<string>> StreamAsync(
        RunSituation situation, Action left, CancellationToken over, [EnumeratorCancellation] CancellationToken gone)
    {
        var number = 0L;
        SseItem<string> Item(string kind, object value) => new(JsonSerializer.Serialize(value, OperationsJson.Options), kind)
        {
            EventId = (++number).ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        var board = situation.Board;
        try
        {
            var (step, notice) = (board.Last?.Step ?? 0, board.NoticesAfter(0) is [.., var newest] ? newest.Number : 0);
            var evaluated = board.Evaluations is [.., var last] ? last.Step : -1;
            while (!gone.IsCancellationRequested && !over.IsCancellationRequested)
            {
                yield return Item("run", situation.State());

                // Steps that count no more since a crash are told again by the page's own fresh fetch: it sees the view change.
                step = Math.Min(step, board.Last?.Step ?? 0);
                if (board.SeriesAfter(step, DefaultPoints) is { Steps: [.., var at] } series)
                {
                    step = at;
                    yield return Item("metrics", series);
                }

                foreach (var evaluation in board.Evaluations.Where(evaluation => evaluation.Step > evaluated))
                {
                    evaluated = evaluation.Step;
                    yield return Item("evaluation", evaluation);
                }

                foreach (var told in board.NoticesAfter(notice))
                {
                    notice = told.Number;
                    yield return Item("notice", told);
                }

                await Task.WhenAny(Task.Delay(StreamInterval, gone), Task.Delay(Timeout.Infinite, over)).ConfigureAwait(false);
            }

            if (over.IsCancellationRequested)
            {
                yield return Item("end", new OperationsAnswer(true, "The run is not served any more.", "served-no-more"));
            }
        }
        finally
        {
            left();
        }
    }
}
