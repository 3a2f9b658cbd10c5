using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using TiMix.Base;
using TiMix.Runs.Audit;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>The commands' way to a run that goes on.</summary>
internal sealed class OperationsClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(2);

    /// <summary>A machine that is busy answers late; one that nobody listens on says so at once.</summary>
    private static readonly TimeSpan FindPatience = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(30);
    private readonly HttpClient _http;

    /// <summary>A run of this machine: with a client of whoever serves it, or the address of one who does not answer; neither: nobody serves it.</summary>
    private sealed record Probed(string Name, OperationsClient? Client, string? Silent);

    private OperationsClient(string url, string token)
    {
        Url = url.TrimEnd('/');
        _http = new HttpClient { BaseAddress = new Uri(Url + "/"), Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = token.Length > 0 ? new AuthenticationHeaderValue("Bearer", token) : null;
    }

    /// <summary>Where the run is served.</summary>
    public string Url { get; }

    /// <summary>The way to a run by its address.</summary>
    /// <exception cref="RunError">It is no address.</exception>
    public static OperationsClient At(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
        ? new OperationsClient(parsed.GetLeftPart(UriPartial.Authority), parsed.Fragment.StartsWith("#token=", StringComparison.Ordinal)
            ? parsed.Fragment["#token=".Length..]
            : Environment.GetEnvironmentVariable(OperationsServer.TokenVariable) ?? "")
        : throw new RunError($"--url is \"{url}\"; it must be an address such as http://10.0.0.1:8550.");

    /// <summary>The way to a run of this machine; null: nobody serves it.</summary>
    public static OperationsClient? Of(RunDirectory directory) =>
        OperationsFile.Read(directory) is { } file ? Of(file) : null;

    /// <summary>The way to who has written that.</summary>
    public static OperationsClient Of(OperationsFile file) => new(file.Url, file.Token);

    /// <summary>The way to the named run, or to the only one that goes on.</summary>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="name">Null: the only one.</param>
    /// <param name="url">Its address instead; null: by name.</param>
    /// <exception cref="RunError">There is none, or there are several.</exception>
    public static async Task<OperationsClient> FindAsync(string runsDirectory, string? name, string? url)
    {
        if (url is not null)
        {
            return At(url);
        }

        string[] names = name is not null ? [RunNamed(runsDirectory, name)]
            : !Directory.Exists(runsDirectory) ? []
            : [.. Directory.GetDirectories(runsDirectory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        var probed = await Task.WhenAll(names.Select(run => ProbeAsync(runsDirectory, run))).ConfigureAwait(false);
        var there = probed.Where(run => run.Client is not null).ToList();
        return (there, name, probed.FirstOrDefault(run => run.Silent is not null)) switch
        {
            ([var only], _, _) => only.Client!,
            ([], _, { } silent) => throw new RunError(
                $"run \"{silent.Name}\" is there, but whoever serves it at {silent.Silent} does not answer: its machine is busy, or the process stands still; "
                + "try again."),
            ([], { } wanted, _) => throw new RunError(WhyNotThere(runsDirectory, wanted)),
            ([], null, _) => throw new RunError(
                $"no run goes on in {runsDirectory}; \"timix runs\" lists those that are there, --runs-dir names another directory."),
            _ => throw new RunError($"several runs go on: {string.Join(", ", there.Select(run => run.Name))}; say which by --run."),
        };
    }

    private static string RunNamed(string runsDirectory, string name)
    {
        _ = RunDirectory.Look(runsDirectory, name);
        return name;
    }

    /// <summary>What can be told of a run that nobody serves here.</summary>
    private static string WhyNotThere(string runsDirectory, string name)
    {
        var directory = RunDirectory.Of(runsDirectory, name);
        var written = new DirectoryInfo(AuditLog.DirectoryIn(directory)) is { Exists: true } audit
            ? audit.EnumerateFiles().Select(file => TimeProvider.System.GetUtcNow() - file.LastWriteTimeUtc).DefaultIfEmpty(TimeSpan.MaxValue).Min()
            : TimeSpan.MaxValue;
        return File.Exists(directory.Summary) ? $"run \"{name}\" is not going on: it is finished."
            : directory.IsHeld ? $"run \"{name}\" is going on, in a process that cannot be asked: it was started with --http off, or is about to begin."
            : written < Lately ? FormattableString.Invariant(
                $"the coordinator of run \"{name}\" is gone, but its trainers wrote a step down {written.TotalSeconds:F0} s ago: ")
                + "start the coordinator's node again, with --continue, and --join the address of a trainer."
            : $"run \"{name}\" is not going on, or was started with --http off; \"{RunHint.Resume(name, runsDirectory)}\" goes on with it.";
    }

    /// <summary>Asks whoever serves a run whether he is there.</summary>
    private static async Task<Probed> ProbeAsync(string runsDirectory, string name)
    {
        if (Of(RunDirectory.Of(runsDirectory, name)) is not { } client)
        {
            return new Probed(name, null, null);
        }

        using var patience = new CancellationTokenSource(FindPatience);
        try
        {
            using var answer = await client._http.GetAsync("health/live", patience.Token).ConfigureAwait(false);
            return new Probed(name, answer.IsSuccessStatusCode ? client : null, null);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            client.Dispose();
            var isGone = error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
            return new Probed(name, null, isGone ? null : client.Url);
        }
    }

    /// <summary>Whether it is served.</summary>
    public async Task<bool> IsThereAsync()
    {
        using var patience = new CancellationTokenSource(ProbePatience);
        try
        {
            using var answer = await _http.GetAsync("health/live", patience.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Where the run stands; null: it is not served any more.</summary>
    /// <param name="stop">Gives up.</param>
    public async Task<OperationsState?> StateAsync(CancellationToken stop)
    {
        try
        {
            return await _http.GetFromJsonAsync<OperationsState>("api/run", OperationsJson.Options, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Says a wish.</summary>
    /// <param name="what">pause, continue, snapshot, stop, scale or drain.</param>
    /// <param name="body">Null: none.</param>
    /// <exception cref="RunError">Nobody serves the run, or the answer is none.</exception>
    public async Task<OperationsAnswer> AskAsync(string what, object? body)
    {
        try
        {
            using var answer = body is null
                ? await _http.PostAsync($"api/{what}", null).ConfigureAwait(false)
                : await _http.PostAsJsonAsync($"api/{what}", body, OperationsJson.Options).ConfigureAwait(false);
            return await answer.Content.ReadFromJsonAsync<OperationsAnswer>(OperationsJson.Options).ConfigureAwait(false)
                ?? throw new JsonException("The answer is empty.");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            throw new RunError($"{Url} does not answer: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
