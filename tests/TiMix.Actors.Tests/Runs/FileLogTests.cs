using Microsoft.Extensions.Logging;
using TiMix.Actors.Monitoring;

namespace TiMix.Actors.Tests.Runs;

public sealed class FileLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-log-").FullName;
    private readonly Clock _clock = new();

    private sealed class Clock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }

    private string Path => System.IO.Path.Combine(_directory, "log.txt");

    private string[] Lines => [.. File.ReadAllLines(Path).Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..])];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_cannot_be_written_is_counted_and_said_when_there_is_room_again()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        File.CreateSymbolicLink(Path, "/dev/full");
        using var log = new FileLog(Path, time: _clock);
        var logger = log.CreateLogger("test");
        logger.LogWarning("one");
        logger.LogWarning("two");
        File.Delete(Path);
        logger.LogWarning("three");
        Assert.Equal(["No space left on device : '" + Path + "'", "three"], Lines);
        Assert.Contains("2 lines are missing here, they could not be written", File.ReadLines(Path).First(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_is_away_or_in_the_way_is_no_error()
    {
        Directory.CreateDirectory(Path);
        using (var log = new FileLog(Path))
        {
            log.CreateLogger("test").LogWarning("one");
        }

        using var nowhere = new FileLog(System.IO.Path.Combine(_directory, "away", "log.txt"));
        nowhere.CreateLogger("test").LogWarning("one");
    }

    [Fact]
    public void The_same_again_is_written_once_and_counted()
    {
        using (var log = new FileLog(Path, new LogLimits { SameAgain = TimeSpan.FromSeconds(10) }, _clock))
        {
            var logger = log.CreateLogger("test");
            for (; _clock.Milliseconds <= 12_000; _clock.Milliseconds += 1000)
            {
                logger.LogWarning("again");
            }

            logger.LogWarning("other");
        }

        Assert.Equal(["again", "again (9 times more since it was said last)", "other", "again (2 times more since it was said last)"], Lines);
    }

    [Fact]
    public void A_burst_is_cut_and_what_was_left_out_counted()
    {
        using var log = new FileLog(Path, new LogLimits { LinesPerSecond = 5, Alike = 1000 }, _clock);
        var logger = log.CreateLogger("test");
        for (var i = 0; i < 1000; i++)
        {
            logger.LogWarning("line {Number}", i);
        }

        _clock.Milliseconds = 1000;
        logger.LogWarning("calm");
        Assert.Equal(["line 0", "line 1", "line 2", "line 3", "line 4", "more than 5 in a second", "calm"], Lines);
        Assert.Contains("995 lines are left out here", File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stranger_who_knocks_from_a_thousand_ports_gets_a_few_lines()
    {
        using (var log = new FileLog(Path, new LogLimits { Alike = 3, SameAgain = TimeSpan.FromSeconds(30) }, _clock))
        {
            var logger = log.CreateLogger("test");
            for (var port = 50_000; port < 51_000; port++)
            {
                logger.LogError("TLS handshake with [::ffff:10.0.0.9]:{Port} failed", port);
            }

            logger.LogError("another");
            _clock.Milliseconds = 30_000;
            logger.LogError("TLS handshake with [::ffff:10.0.0.9]:{Port} failed", 9);
        }

        Assert.Equal(6, Lines.Length);
        Assert.Contains("997 lines like the next one, but for their numbers, are left out here", File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_grows_too_long_is_put_aside_once()
    {
        using (var log = new FileLog(Path, new LogLimits { MostBytes = 1000, LinesPerSecond = 1000, Alike = 1000 }, _clock))
        {
            var logger = log.CreateLogger("test");
            for (var i = 0; i < 100; i++)
            {
                logger.LogWarning("line {Number}", i);
            }

            logger.LogWarning("{Text}", new string('x', 100_000));
        }

        Assert.Equal(["log.txt", "log.txt.1"], Directory.GetFiles(_directory).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.InRange(Directory.GetFiles(_directory).Sum(file => new FileInfo(file).Length), 1000, 20_000);
    }
}
