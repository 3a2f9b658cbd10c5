using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace TiMix.Node.Experiments;

/// <summary>The experiment's numbers as pictures: light ground, colours that the colour-blind can tell apart, shapes beside colours.</summary>
internal static class ExperimentCharts
{
    private const int Width = 1000;
    private const int Height = 600;
    private const string FontName = "DejaVu Sans";

    /// <summary>Okabe and Ito (2008), without the yellow, which is hard to see on white.</summary>
    private static readonly string[] Palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

    private static readonly MarkerShape[] Shapes =
        [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown];

    static ExperimentCharts()
    {
        Fonts.FontResolvers.Insert(0, new OwnFont());
        Fonts.Default = FontName;
    }

    /// <summary>Every run of the arms as a dot, those of one seed joined by a line, and the mean with its 95 % interval.</summary>
    /// <param name="file">PNG to write.</param>
    /// <param name="title">Above.</param>
    /// <param name="axis">What the numbers are.</param>
    /// <param name="arms">Names, in order.</param>
    /// <param name="bySeed">Of each seed the arms' numbers; null where there is none.</param>
    public static void WriteArms(string file, string title, string axis, IReadOnlyList<string> arms, IReadOnlyList<double?[]> bySeed)
    {
        var plot = New(title, axis);
        foreach (var values in bySeed)
        {
            Coordinates[] line = [.. values.Index().Where(entry => entry.Item is not null).Select(entry => new Coordinates(entry.Index, entry.Item!.Value))];
            if (line.Length == 0)
            {
                continue;
            }

            var seed = plot.Add.Scatter(line, Color.FromHex("#9A9A9A"));
            (seed.LineWidth, seed.MarkerSize) = (1, 6);
        }

        foreach (var (i, _) in arms.Index())
        {
            var spread = Spread.Of([.. bySeed.Select(values => values[i]).OfType<double>()]);
            if (spread.Count > 0)
            {
                AddMean(plot, i + 0.16, spread, i, 11);
            }
        }

        plot.Axes.Bottom.TickGenerator = new NumericManual([.. arms.Select((_, i) => (double)i)], [.. arms]);
        plot.Axes.Bottom.MajorTickStyle.Length = 0;
        plot.Axes.Bottom.TickLabelStyle.Rotation = arms.Count > 6 ? 18 : 0;
        plot.Axes.Bottom.TickLabelStyle.Alignment = arms.Count > 6 ? Alignment.MiddleLeft : Alignment.UpperCenter;
        plot.Axes.Bottom.MinimumSize = arms.Count > 6 ? 80 : 40;
        plot.Axes.SetLimitsX(-0.5, arms.Count - 0.3);
        Save(plot, file);
    }

    /// <summary>A line for each arm over the part of the data it learned from, on a logarithmic axis.</summary>
    /// <param name="file">PNG to write.</param>
    /// <param name="title">Above.</param>
    /// <param name="axis">What the numbers are.</param>
    /// <param name="fractions">Ascending.</param>
    /// <param name="lines">Of each arm, name and spread at each fraction.</param>
    public static void WriteCurve(string file, string title, string axis, IReadOnlyList<double> fractions, IReadOnlyList<(string Arm, Spread[] At)> lines)
    {
        var plot = New(title, axis);
        foreach (var (i, (arm, at)) in lines.Index())
        {
            // Side by side, so that no interval hides another.
            double X(int f) => Math.Log10(fractions[f]) + (0.008 * (i - ((lines.Count - 1) / 2.0)));
            Coordinates[] means = [.. at.Index().Where(entry => entry.Item.Count > 0).Select(entry => new Coordinates(X(entry.Index), entry.Item.Mean))];
            if (means.Length == 0)
            {
                continue;
            }

            var line = plot.Add.ScatterLine(means, ColorOf(i));
            (line.LineWidth, line.LegendText) = (2, arm);
            (line.MarkerShape, line.MarkerSize) = (Shapes[i % Shapes.Length], 9);
            foreach (var (f, spread) in at.Index().Where(entry => entry.Item.Count > 0))
            {
                AddMean(plot, X(f), spread, i, 9);
            }
        }

        plot.Axes.Bottom.TickGenerator = new NumericManual(
            [.. fractions.Select(Math.Log10)], [.. fractions.Select(fraction => FormattableString.Invariant($"{100 * (decimal)fraction:0.###} %"))]);
        plot.XLabel("part of the training pairs");
        plot.Legend.FontName = FontName;
        plot.Legend.FontSize = 15;
        plot.ShowLegend(Alignment.LowerRight);
        Save(plot, file);
    }

    private static void AddMean(Plot plot, double x, Spread spread, int index, float size)
    {
        if (spread.Count >= 2)
        {
            var interval = plot.Add.Line(x, spread.Mean - spread.HalfWidth, x, spread.Mean + spread.HalfWidth);
            (interval.LineColor, interval.LineWidth) = (ColorOf(index), 2.5f);
        }

        plot.Add.Marker(x, spread.Mean, Shapes[index % Shapes.Length], size, ColorOf(index));
    }

    private static Plot New(string title, string axis)
    {
        var plot = new Plot();
        plot.FigureBackground.Color = Colors.White;
        plot.DataBackground.Color = Colors.White;
        plot.Grid.MajorLineColor = Color.FromHex("#E6E6E6");
        plot.Axes.Title.Label.Text = title;
        plot.Axes.Title.Label.FontSize = 18;
        plot.Axes.Title.Label.Bold = false;
        plot.YLabel(axis);
        plot.Axes.Left.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = false;
        foreach (var side in new IAxis[] { plot.Axes.Left, plot.Axes.Bottom })
        {
            side.Label.FontSize = 16;
            side.TickLabelStyle.FontSize = 14;
        }

        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        return plot;
    }

    private static void Save(Plot plot, string file) => plot.SavePng(file, Width, Height);

    private static Color ColorOf(int index) => Color.FromHex(Palette[index % Palette.Length]);

    /// <summary>A font of our own: a bare machine has none.</summary>
    private sealed class OwnFont : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == FontName ? Open() : null;

        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == FontName ? Open() : null;

        private static SKTypeface Open()
        {
            using var stream = typeof(ExperimentCharts).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
            return SKTypeface.FromStream(stream);
        }
    }
}
