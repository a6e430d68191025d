document.currentScript.parentElement.show({"threads":[
"main thread",
"1",
"2"
],
"lines":[
{"thread":0,"text":"main thread start"},
{"thread":0,"text":"main thread post job"},
{"thread":0,"text":"main thread end"},
{"thread":1,"text":"sub thread start  1"},
{"thread":1,"text":"sub thread end  1"},
{"thread":2,"text":"sub thread start  2"},
{"thread":2,"text":"sub thread end  2"}
],
"first":19,
"listing":[
"fn lesson(main_thread: &MainThread) -> Result<(), Error> {",
"    main_thread.print(\"main thread start\")?;",
"",
"    let first = main_thread.start(Worker::new(\"1\", || sleep(WORK)))?;",
"    let second = main_thread.start(Worker::new(\"2\", || sleep(WORK)))?;",
"",
"    first.join()?;",
"",
"    main_thread.print(\"main thread post job\")?;",
"    main_thread.print(\"main thread end\")",
"}"
],
"challenges":[
{"line":1,"before":6}
],
"questions":[],
"states":[
{"left":"7","likely":"4","threads":[{"at":20,"to":1,"line":0},{"at":22,"wait":"toBeStarted","for":0},{"at":23,"wait":"toBeStarted","for":0}]},
{"left":"7","likely":"4","threads":[{"at":22,"wait":"start","for":3},{"at":22,"to":2,"line":3},{"at":23,"wait":"toBeStarted","for":0}]},
{"left":"7","likely":"4","threads":[{"at":23,"wait":"start","for":5},{"at":22,"to":3,"line":4,"unlikely":{"why":"follows","line":5}},{"at":23,"to":4,"line":5}]},
{"left":"3","likely":"3","threads":[{"at":23,"wait":"start","for":5},{"at":22,"wait":"ended"},{"at":23,"to":5,"line":5}]},
{"left":"4","likely":"4","threads":[{"at":25,"wait":"join","for":4},{"at":22,"to":5,"line":4},{"at":23,"to":6,"line":6}]},
{"left":"3","likely":"3","threads":[{"at":27,"to":7,"line":1},{"at":22,"wait":"ended"},{"at":23,"to":8,"line":6}]},
{"left":"1","likely":"1","threads":[{"at":25,"wait":"join","for":4},{"at":22,"to":8,"line":4},{"at":23,"wait":"ended"}]},
{"left":"2","likely":"2","threads":[{"at":28,"to":9,"line":2},{"at":22,"wait":"ended"},{"at":23,"to":10,"line":6}]},
{"left":"1","likely":"1","threads":[{"at":27,"to":10,"line":1},{"at":22,"wait":"ended"},{"at":23,"wait":"ended"}]},
{"left":"1","likely":"1","threads":[{"at":28,"wait":"end","for":6},{"at":22,"wait":"ended"},{"at":23,"to":11,"line":6}]},
{"left":"1","likely":"1","threads":[{"at":28,"to":11,"line":2},{"at":22,"wait":"ended"},{"at":23,"wait":"ended"}]},
{"left":"1","likely":"1","over":true,"threads":[{"at":28,"wait":"ended"},{"at":22,"wait":"ended"},{"at":23,"wait":"ended"}]}
]});
