using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>The HTTP interface of a run that goes on.</summary>
/// <param name="Url">Where it is.</param>
internal sealed record LiveRun(string Url)
{
    public static LiveRun Of(string runs, string name) =>
        new(JsonNode.Parse(File.ReadAllText(Path.Combine(runs, name, "operations.json")))!["url"]!.GetValue<string>());

    /// <summary>Asks for what takes no argument: pause, continue, snapshot, stop.</summary>
    public async Task AskAsync(string wish)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsync(new Uri($"{Url}/api/{wish}"), null, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The first state that fits, from the events of the run.</summary>
    public async Task<JsonNode> StateAsync(Func<JsonNode, bool> fits)
    {
        using var client = new HttpClient();
        await using var stream = await client.GetStreamAsync(new Uri($"{Url}/api/stream"));
        using var events = new StreamReader(stream);
        var kind = "";
        while (await events.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            kind = line.StartsWith("event: ", StringComparison.Ordinal) ? line[7..] : kind;
            if (kind == "run" && line.StartsWith("data: ", StringComparison.Ordinal) && JsonNode.Parse(line[6..]) is { } state && fits(state))
            {
                return state;
            }
        }

        throw new EndOfStreamException();
    }
}
